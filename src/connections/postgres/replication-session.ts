import pg from 'pg';
import type { ShardId } from '../../domain/identifiers.ts';
import { translateConnectError, translateStatementError } from './translate-postgres-error.ts';

/** A connection that is being closed waits this long for the server to close it too. */
const FAREWELL_MS = 1_000;
/** Signs of life per lease, so that one or two may be late. */
const PINGS_PER_LEASE = 4;

export interface ReplicationSessionOptions {
  readonly shard: ShardId;
  /** A libpq URI. */
  readonly url: string;
  readonly applicationName: string;
  /** The primary ends the session, and with it all its locks, once this process has been silent for so long. */
  readonly leaseMs: number;
}

/**
 * A connection to a primary in replication mode: it takes replication commands and SQL, one at a time, and binds no
 * values. Session-level locks taken on it are held until it ends.
 */
export class ReplicationSession {
  readonly #client: pg.Client;
  readonly #server: { readonly shard: ShardId; readonly role: 'primary' };
  readonly #timer: NodeJS.Timeout;
  #lost: Error | null = null;
  #underWay = 0;
  #keepsSnapshot = false;

  private constructor(client: pg.Client, { shard, leaseMs }: ReplicationSessionOptions) {
    this.#client = client;
    this.#server = { shard, role: 'primary' };
    client.on('error', (error) => {
      this.#lost = error;
    });
    this.#timer = setInterval(() => this.#ping(), leaseMs / PINGS_PER_LEASE);
  }

  /** @throws AtlasError SHARD_UNAVAILABLE */
  static async open(options: ReplicationSessionOptions): Promise<ReplicationSession> {
    const { leaseMs } = options;
    const config = {
      connectionString: options.url,
      application_name: options.applicationName,
      options: `-c idle_session_timeout=${leaseMs} -c idle_in_transaction_session_timeout=${leaseMs}`,
      replication: 'database',
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    };
    const client = new pg.Client(config);
    const session = new ReplicationSession(client, options);
    try {
      await client.connect();
    } catch (error) {
      clearInterval(session.#timer);
      throw translateConnectError(error, session.#server);
    }
    return session;
  }

  /** Whether the connection has broken, and with it whatever it held. */
  get isLost(): boolean {
    return this.#lost !== null;
  }

  /** @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT, or a DatabaseError. */
  async query<Row extends object>(text: string): Promise<Row[]> {
    this.#underWay += 1;
    try {
      return (await this.#client.query<Row>(text)).rows;
    } catch (error) {
      throw translateStatementError(error, this.#server, this.isLost);
    } finally {
      this.#underWay -= 1;
    }
  }

  /** From now on it sends nothing by itself: a snapshot that it exports lasts until the next command. */
  keepSnapshot(): void {
    this.#keepsSnapshot = true;
  }

  /** Call it within the lease, as soon as another connection uses the snapshot. */
  releaseSnapshot(): void {
    this.#keepsSnapshot = false;
  }

  /** Also ends a command that is still running. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const { connection } = this.#client as unknown as { readonly connection: pg.Connection };
    const timer = setTimeout(() => connection.stream.destroy(), FAREWELL_MS);
    await this.#client.end();
    clearTimeout(timer);
  }

  #ping(): void {
    if (this.#underWay > 0 || this.#keepsSnapshot || this.isLost) return;
    this.query('SELECT 1').catch(() => {});
  }
}
