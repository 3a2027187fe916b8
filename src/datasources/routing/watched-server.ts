import type { PostgresServer, Statement } from '../../connections/postgres/postgres-database.ts';
import { down } from '../../connections/postgres/translate-postgres-error.ts';

/**
 * Aborts the running statements on a server as soon as the probes find it down. One that hangs, or that the network has
 * cut off, would otherwise hold a read until its statement's time limit, while another source could answer immediately.
 */
export class WatchedServer implements PostgresServer {
  readonly shard: PostgresServer['shard'];
  readonly role: PostgresServer['role'];
  readonly #server: PostgresServer;
  readonly #isDown: () => boolean;
  readonly #underWay = new Set<AbortController>();

  constructor(server: PostgresServer, isDown: () => boolean) {
    this.shard = server.shard;
    this.role = server.role;
    this.#server = server;
    this.#isDown = isDown;
  }

  /** Call it as often as the server is probed. */
  check(): void {
    if (this.#underWay.size === 0 || !this.#isDown()) return;
    const reason = down(this);
    for (const statement of this.#underWay) statement.abort(reason);
  }

  async query<Row extends object>(statement: Statement, signal?: AbortSignal): Promise<Row[]> {
    signal?.throwIfAborted();
    const underWay = new AbortController();
    const abort = () => underWay.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    this.#underWay.add(underWay);
    try {
      return await this.#server.query<Row>(statement, underWay.signal);
    } finally {
      this.#underWay.delete(underWay);
      signal?.removeEventListener('abort', abort);
    }
  }
}
