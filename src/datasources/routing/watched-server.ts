import type { PostgresServer, Statement } from '../../connections/postgres/postgres-database.ts';
import { AtlasError } from '../../domain/errors.ts';

/**
 * A server whose statements are given up as soon as the probes find it down. One that hangs, or that the network has
 * cut off, would otherwise hold a read until its statement's time limit, while another source could answer at once.
 */
export class WatchedServer implements PostgresServer {
  readonly shard: PostgresServer['shard'];
  readonly role: PostgresServer['role'];
  readonly #server: PostgresServer;
  readonly #isDown: () => boolean;
  readonly #underWay = new Set<(reason: AtlasError) => void>();

  constructor(server: PostgresServer, isDown: () => boolean) {
    this.shard = server.shard;
    this.role = server.role;
    this.#server = server;
    this.#isDown = isDown;
  }

  /** To be called as often as the server is probed. */
  check(): void {
    if (this.#underWay.size === 0 || !this.#isDown()) return;
    const reason = new AtlasError(
      'SHARD_UNAVAILABLE',
      `The ${this.role} of shard ${this.shard} does not answer: try again shortly.`,
      { details: { shard: this.shard } },
    );
    for (const giveUp of this.#underWay) giveUp(reason);
  }

  query<Row extends object>(statement: Statement): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      this.#underWay.add(reject);
      this.#server
        .query<Row>(statement)
        .then(resolve, reject)
        .finally(() => this.#underWay.delete(reject));
    });
  }
}
