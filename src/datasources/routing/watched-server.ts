import type { PostgresServer, Statement } from '../../connections/postgres/postgres-database.ts';
import type { StatementWatch } from './statement-watch.ts';

/** A Postgres server whose statements are watched. */
export class WatchedServer implements PostgresServer {
  readonly shard: PostgresServer['shard'];
  readonly role: PostgresServer['role'];
  readonly #server: PostgresServer;
  readonly #watch: StatementWatch;

  constructor(server: PostgresServer, watch: StatementWatch) {
    this.shard = server.shard;
    this.role = server.role;
    this.#server = server;
    this.#watch = watch;
  }

  query<Row extends object>(statement: Statement, signal?: AbortSignal): Promise<Row[]> {
    return this.#watch.run((watched) => this.#server.query<Row>(statement, watched), signal);
  }
}
