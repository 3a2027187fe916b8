import pg from 'pg';
import { AtlasError } from '../../domain/errors.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import type { Logger } from '../../observability/logger.ts';
import { DatabaseError } from '../database-error.ts';
import type { PostgresDatabase, PostgresSession, Statement } from './postgres-database.ts';
import { translatePostgresError } from './translate-postgres-error.ts';

export interface PostgresPoolOptions {
  readonly shard: ShardId;
  readonly role: 'primary' | 'replica';
  /** A libpq URI. */
  readonly url: string;
  readonly size: number;
  /** Longest wait for a connection, a free one included. */
  readonly connectTimeoutMs: number;
  /** Longest run of one statement on the server; 0: no limit. */
  readonly statementTimeoutMs: number;
  /** Seen in pg_stat_activity. */
  readonly applicationName: string;
  readonly logger: Logger;
}

/** A server that died without a word is noticed this long after the statement should have ended. */
const SILENCE_MS = 2_000;

const FAILED_TRANSACTION = { sqlState: '25P02' };

/** The session settings that results and plans rely on, whatever the server's defaults are. */
const SESSION = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 1";

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
  #closing: Promise<void> | null = null;

  constructor(options: PostgresPoolOptions) {
    const { shard, role, logger } = options;
    this.shard = shard;
    this.role = role;
    const limit = options.statementTimeoutMs;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      application_name: options.applicationName,
      max: options.size,
      connectionTimeoutMillis: options.connectTimeoutMs,
      ...(limit === 0 ? {} : { statement_timeout: limit, query_timeout: limit + SILENCE_MS }),
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      // pg awaits what this returns; its type does not say so.
      onConnect: (client) => prepare(client, options) as unknown as undefined,
    });
    this.#pool.on('error', (error) => logger.debug({ shard, role, err: error.message }, 'an idle connection was lost'));
    // A checked-out connection that breaks between two statements of a transaction fails its next statement.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  async query<Row extends object>(statement: Statement): Promise<Row[]> {
    const client = await this.#connect();
    try {
      const rows = await run<Row>(client, statement);
      client.release();
      return rows;
    } catch (error) {
      client.release(!(error instanceof pg.DatabaseError));
      throw translatePostgresError(error, this);
    }
  }

  async transaction<T>(
    work: (session: PostgresSession) => Promise<T>,
    isolation: 'READ COMMITTED' | 'REPEATABLE READ' = 'READ COMMITTED',
  ): Promise<T> {
    const client = await this.#connect();
    // Its errors are translated already when `work` sees them.
    const session: PostgresSession = {
      query: async (statement) => {
        try {
          return await run(client, statement);
        } catch (error) {
          throw translatePostgresError(error, this);
        }
      },
    };
    let usable = false;
    try {
      await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
      const result = await work(session);
      const { command } = await client.query('COMMIT');
      if (command !== 'COMMIT') throw new DatabaseError('A failed statement undid the transaction', FAILED_TRANSACTION);
      usable = true;
      return result;
    } catch (error) {
      usable = !isConnectionError(error) && (await rolledBack(client));
      throw translatePostgresError(error, this);
    } finally {
      client.release(!usable);
    }
  }

  get usage(): PoolUsage {
    const { idleCount, totalCount, waitingCount } = this.#pool;
    return { idle: idleCount, busy: totalCount - idleCount, waiting: waitingCount };
  }

  close(): Promise<void> {
    this.#closing ??= this.#pool.end();
    return this.#closing;
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw translatePostgresError(error, this);
    }
  }
}

/**
 * A primary is taken to lack nothing, so a standby must never be taken for one, for example after a failover. Nothing
 * becomes a standby without a restart, which ends its connections: to look once on each is enough.
 */
async function prepare(client: pg.ClientBase, { shard, role }: PostgresPoolOptions): Promise<void> {
  await client.query(SESSION);
  if (role === 'replica') return;
  const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  if (rows[0]?.standby !== false) {
    throw new AtlasError(
      'SHARD_UNAVAILABLE',
      `The server that ATLAS_SHARDS names as the primary of shard ${shard} is a standby: promote it, or name the primary.`,
      { details: { shard } },
    );
  }
}

async function run<Row extends object>(client: pg.PoolClient, { name, text, values }: Statement): Promise<Row[]> {
  const result = await client.query<Row>({ text, values: [...values], ...(name === undefined ? {} : { name }) });
  return result.rows;
}

function isConnectionError(error: unknown): boolean {
  return error instanceof AtlasError && (error.code === 'SHARD_UNAVAILABLE' || error.code === 'TIMEOUT');
}

async function rolledBack(client: pg.PoolClient): Promise<boolean> {
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}
