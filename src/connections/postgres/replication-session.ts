import pg from 'pg';
import type { ShardId } from '../../domain/identifiers.ts';
import { translateConnectError, translateStatementError } from './translate-postgres-error.ts';

/** A connection that is being closed waits this long for the server to close it too. */
const FAREWELL_MS = 1_000;

/**
 * A connection to a primary in replication mode: it takes replication commands and SQL, one at a time, and binds no
 * values. Session-level locks taken on it are held until it ends.
 */
export class ReplicationSession {
  readonly #client: pg.Client;
  readonly #server: { readonly shard: ShardId; readonly role: 'primary' };
  #lost: Error | null = null;

  private constructor(client: pg.Client, shard: ShardId) {
    this.#client = client;
    this.#server = { shard, role: 'primary' };
    client.on('error', (error) => {
      this.#lost = error;
    });
  }

  /** @param options.url a libpq URI. @throws AtlasError SHARD_UNAVAILABLE */
  static async open(options: { shard: ShardId; url: string; applicationName: string }): Promise<ReplicationSession> {
    const config = {
      connectionString: options.url,
      application_name: options.applicationName,
      replication: 'database',
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    };
    const client = new pg.Client(config);
    const session = new ReplicationSession(client, options.shard);
    try {
      await client.connect();
    } catch (error) {
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
    try {
      return (await this.#client.query<Row>(text)).rows;
    } catch (error) {
      throw translateStatementError(error, this.#server, this.isLost);
    }
  }

  /** Also ends a command that is still running. */
  async close(): Promise<void> {
    const { connection } = this.#client as unknown as { readonly connection: pg.Connection };
    const timer = setTimeout(() => connection.stream.destroy(), FAREWELL_MS);
    await this.#client.end();
    clearTimeout(timer);
  }
}
