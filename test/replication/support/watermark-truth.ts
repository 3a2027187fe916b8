import { setTimeout as delay } from 'node:timers/promises';
import type { ReplicatedShard } from './replicated-shard.ts';

interface Written {
  readonly id: number;
  /** On a position of the primary's WAL after the commit, and at a moment of its clock after it. */
  readonly lsn: bigint;
  readonly at: number;
}

/**
 * Writes one entity after the other, and meanwhile looks at the sink's position: whatever was acknowledged before the position, or before the
 * heartbeat that comes with it, must be there.
 */
export class WatermarkTruth {
  readonly #shard: ReplicatedShard;
  readonly #first: number;
  readonly #written: Written[] = [];
  readonly #ended = new AbortController();
  readonly #running: Promise<unknown>;
  /** How many times the position was looked at, and how often it promised too much. */
  looks = 0;
  readonly broken: string[] = [];

  /** @param first where the ids of the writer's entities begin. */
  constructor(shard: ReplicatedShard, first = 5_000_000) {
    this.#shard = shard;
    this.#first = first;
    this.#running = Promise.all([this.#write(), this.#look(), this.#beat()]);
  }

  get written(): number {
    return this.#written.length;
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#running;
  }

  async #write(): Promise<void> {
    for (let id = this.#first; !this.#ended.signal.aborted; id++) {
      await this.#shard.sql(
        `INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
         VALUES (1, $1, 'thing', 1, now(), now(), '{}')`,
        [id],
      );
      const [row] = await this.#shard.sql<{ lsn: string; at: number }>(
        `SELECT (pg_current_wal_insert_lsn() - '0/0')::text AS lsn, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at`,
      );
      this.#written.push({ id, lsn: BigInt(row?.lsn ?? 0), at: row?.at ?? 0 });
      await delay(5);
    }
  }

  async #beat(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      await this.#shard.beat();
      await delay(50);
    }
  }

  async #look(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const position = await this.#shard.sink.position();
      if (position !== null) {
        const promised = this.#written.filter(
          ({ lsn, at }) => lsn <= position.lsn || (position.heartbeatAt !== null && at <= position.heartbeatAt),
        );
        const rows = await this.#shard.clickhouse.query<{ n: string }>(
          'SELECT count() AS n FROM entity FINAL WHERE copy_id = {copyId:UInt64} AND entity_id >= {first:UInt64} AND entity_id <= {last:UInt64}',
          { copyId: position.copyId, first: this.#first, last: promised.at(-1)?.id ?? 0 },
        );
        this.looks++;
        const found = Number(rows[0]?.n ?? 0);
        if (found < promised.length)
          this.broken.push(`${promised.length} were promised at ${position.lsn}, ${found} were there`);
      }
      await delay(10);
    }
  }
}
