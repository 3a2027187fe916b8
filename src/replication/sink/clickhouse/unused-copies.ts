import type { ClickHouseDatabase } from '../../../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import type { Clock } from '../../../lib/clock.ts';
import { forgetCopy, liveCopy, readCopies } from '../../../watermarks/clickhouse-watermarks.ts';
import { COPIED_TABLES } from '../../../watermarks/copy-markers.ts';

/** Answered from what ClickHouse keeps in memory of each part. */
const STORED = COPIED_TABLES.map(
  (table) => `SELECT copy_id FROM ${table} WHERE shard = {shard:String} GROUP BY copy_id`,
).join('\nUNION DISTINCT\n');

export interface UnusedCopiesOptions {
  readonly clickhouse: ClickHouseDatabase;
  readonly shard: ShardId;
  /** How long a copy is kept after it was first found unused, in milliseconds: longer than the longest read. */
  readonly retentionMs: number;
  readonly clock: Clock;
}

/**
 * A shard's copies in ClickHouse that are not read: those before the live one, and those that were begun and never completed. A read
 * that has begun may still use one, and what a replicator of an earlier time still writes brings its partition back; so each is
 * removed some time after it was found.
 */
export class UnusedCopies {
  readonly #options: UnusedCopiesOptions;
  /** When each was first found, on the clock. */
  readonly #foundAt = new Map<bigint, number>();
  /** The copy that this process writes, beside the live one. */
  #kept: bigint | null = null;

  constructor(options: UnusedCopiesOptions) {
    this.#options = options;
  }

  /** From now on this copy, and no earlier one, is being written. */
  keep(copyId: bigint): void {
    this.#kept = copyId;
  }

  /** Unless it has become the live one, nobody has read it, so it goes immediately; what is still written into it is found later. */
  async abandon(copyId: bigint): Promise<void> {
    if (this.#kept === copyId) this.#kept = null;
    const { clickhouse, shard } = this.#options;
    const live = liveCopy((await readCopies(clickhouse, [shard])).get(shard));
    if (live?.copyId !== copyId) await this.#remove(copyId);
  }

  /** Call it while no other process can be writing a new copy of the shard. */
  async remove(): Promise<void> {
    const { clickhouse, shard, retentionMs, clock } = this.#options;
    const known = (await readCopies(clickhouse, [shard])).get(shard) ?? [];
    const live = liveCopy(known);
    if (live === undefined) return;
    const stored = await clickhouse.query<{ copy_id: string }>(STORED, { shard });
    const unused = new Set([...known.map(({ copyId }) => copyId), ...stored.map(({ copy_id }) => BigInt(copy_id))]);
    unused.delete(live.copyId);
    if (this.#kept !== null && this.#kept < live.copyId) this.#kept = null;
    if (this.#kept !== null) unused.delete(this.#kept);
    for (const found of this.#foundAt.keys()) if (!unused.has(found)) this.#foundAt.delete(found);
    const now = clock.now();
    for (const copyId of unused) {
      const foundAt = this.#foundAt.get(copyId) ?? now;
      this.#foundAt.set(copyId, foundAt);
      if (now - foundAt >= retentionMs) await this.#remove(copyId);
    }
  }

  /** First its watermark: a read that misses rows finds that the copy is gone. */
  async #remove(copyId: bigint): Promise<void> {
    const { clickhouse, shard } = this.#options;
    await forgetCopy(clickhouse, shard, copyId);
    for (const table of COPIED_TABLES) {
      await clickhouse.command(
        `ALTER TABLE ${table} DROP PARTITION ({shard:String}, {copyId:UInt64}, 0) SETTINGS max_partition_size_to_drop = 0`,
        { shard, copyId },
      );
    }
    this.#foundAt.delete(copyId);
  }
}
