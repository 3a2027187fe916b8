import pg from 'pg';
import type { ProcessRole } from '../../domain/atlas-role.ts';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import { SourceError } from '../../domain/source-error.ts';
import { untilAborted } from '../../lib/abort.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Breaker } from '../breaker.ts';
import { Permits, PermitWaits } from '../permits.ts';
import { PREPARE_TENANT } from './bounded-query.ts';
import { RESULT_TYPES } from './parse-timestamp.ts';
import { PooledConnection, type StatementLimits, trackClient } from './pooled-connection.ts';
import type { PostgresDatabase, PostgresSession, Statement } from './postgres-database.ts';
import { busy, down, translateConnectError } from './translate-postgres-error.ts';

export interface PostgresPoolOptions {
  readonly shard: ShardId;
  readonly role: 'primary' | 'replica';
  /** A libpq URI. */
  readonly url: string;
  readonly size: number;
  /** The connections that the statements of one tenant may take at once; all unless given. */
  readonly mostPerTenant?: number;
  /** Whose rights its statements have, whatever more the URL's role may do; those of the URL's role unless given. */
  readonly actAs?: ProcessRole;
  /** Longest wait for a free connection, and again for a new one to open. */
  readonly connectTimeoutMs: number;
  /** Longest run of one statement on the server; 0: no limit. */
  readonly statementTimeoutMs: number;
  /** Largest result of one statement, in bytes; no limit unless given. */
  readonly maxBytes?: number;
  /** Seen in pg_stat_activity. */
  readonly applicationName: string;
  readonly logger: Logger;
  /** Refuses calls while the server is known to be down; none unless given. */
  readonly breaker?: Breaker;
}

/**
 * The session settings that results and plans rely on, whatever the server's defaults are. The last one ends a statement whose
 * client has vanished, for example with its process, since no client is left to cancel it.
 */
const SESSION = `
SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 1; SET client_connection_check_interval = '1s';
${PREPARE_TENANT}`;

/** Connections by what they do now; `waiting` counts the statements that have none yet. */
export interface PoolUsage {
  readonly idle: number;
  readonly busy: number;
  readonly waiting: number;
}

export class PostgresPool implements PostgresDatabase {
  readonly shard: ShardId;
  readonly role: 'primary' | 'replica';
  readonly #pool: pg.Pool;
  readonly #permits: Permits;
  readonly #limits: StatementLimits;
  readonly breaker: Breaker | null;
  /** Of the statements that found no connection free. */
  readonly waits = new PermitWaits();
  #closing: Promise<void> | null = null;

  constructor(options: PostgresPoolOptions) {
    const { shard, role, size, connectTimeoutMs, statementTimeoutMs, maxBytes, logger } = options;
    this.shard = shard;
    this.role = role;
    this.breaker = options.breaker ?? null;
    this.#limits = {
      statementTimeoutMs,
      cancelTimeoutMs: connectTimeoutMs,
      maxBytes: maxBytes ?? Number.POSITIVE_INFINITY,
    };
    // A caller with a permit finds a connection or may open one, so pg's own queue stays empty. Only the words of its error
    // distinguish a full pool from a dead server, and a caller cannot leave it.
    this.#permits = new Permits(size, connectTimeoutMs, () => busy(this), options.mostPerTenant, this.waits);
    this.#pool = new pg.Pool({
      types: RESULT_TYPES,
      connectionString: options.url,
      application_name: options.applicationName,
      max: size,
      connectionTimeoutMillis: connectTimeoutMs,
      ...(statementTimeoutMs === 0 ? {} : { statement_timeout: statementTimeoutMs }),
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // pg awaits what this returns; its type does not say so.
      onConnect: (client) => prepare(client as pg.PoolClient, options) as unknown as undefined,
    });
    this.#pool.on('error', (error) => logger.debug({ shard, role, err: error.message }, 'an idle connection was lost'));
    this.#pool.on('connect', trackClient);
  }

  query<Row extends object>(statement: Statement, signal?: AbortSignal): Promise<Row[]> {
    const tenant = typeof statement.tenant === 'number' ? statement.tenant : null;
    return this.#use(signal, (connection) => connection.query<Row>(statement, signal), tenant);
  }

  transaction<T>(
    work: (session: PostgresSession) => Promise<T>,
    isolation: 'READ COMMITTED' | 'REPEATABLE READ' = 'READ COMMITTED',
    signal?: AbortSignal,
  ): Promise<T> {
    return this.#use(signal, (connection) => connection.transaction(work, isolation, signal));
  }

  get usage(): PoolUsage {
    const { idleCount, totalCount } = this.#pool;
    return { idle: idleCount, busy: totalCount - idleCount, waiting: this.#permits.waiting };
  }

  close(): Promise<void> {
    this.#closing ??= this.#pool.end();
    return this.#closing;
  }

  /** The permit is released with the connection, which may be after the call has been aborted. */
  async #use<T>(
    signal: AbortSignal | undefined,
    work: (connection: PooledConnection) => Promise<T>,
    tenant: TenantId | null = null,
  ): Promise<T> {
    const breaker = this.breaker;
    if (breaker?.refuses === true) throw down(this);
    await this.#permits.acquire(signal, undefined, tenant);
    let returned = Promise.resolve();
    const attempt = async (): Promise<T> => {
      const opening = this.#open();
      let connection: PooledConnection;
      try {
        connection = await untilAborted(opening, signal);
      } catch (error) {
        returned = opening.then(
          (unused) => unused.release(),
          () => {},
        );
        throw error;
      }
      try {
        return await work(connection);
      } finally {
        returned = connection.release();
      }
    };
    try {
      return await (breaker === null ? attempt() : breaker.run(attempt, () => down(this), signal));
    } finally {
      void returned.finally(() => this.#permits.release(tenant));
    }
  }

  async #open(): Promise<PooledConnection> {
    let isOutOfTime = false;
    // Set before the pool's own timer, which then fires later.
    const timer = setTimeout(() => {
      isOutOfTime = true;
    }, this.#limits.cancelTimeoutMs);
    try {
      return new PooledConnection(await this.#pool.connect(), this, this.#limits);
    } catch (error) {
      throw translateConnectError(error, this, isOutOfTime);
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * A primary counts as complete, so a standby must never be mistaken for one, for example after a failover. A server becomes a
 * standby only by a restart, which ends its connections, so one check per connection is enough.
 */
async function prepare(client: pg.PoolClient, options: PostgresPoolOptions): Promise<void> {
  const { shard, role, actAs, connectTimeoutMs } = options;
  // Ends the connection under a statement that is still running, which then fails.
  const timer = setTimeout(() => void client.end(), connectTimeoutMs);
  try {
    await client.query(actAs === undefined ? SESSION : `${SESSION}; SET ROLE ${actAs}`);
    if (role === 'replica') return;
    const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
    if (rows[0]?.standby === false) return;
  } finally {
    clearTimeout(timer);
  }
  const message = `The server that ATLAS_SHARDS names as the primary of shard ${shard} is a standby; promote it, or name the primary.`;
  throw new SourceError('down', 'SHARD_UNAVAILABLE', message, { details: { shard } });
}
