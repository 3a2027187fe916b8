import type { ClickHouseDatabase } from '../../../connections/clickhouse/clickhouse-database.ts';
import type { AttributeLookup } from '../../../domain/catalog/attribute.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import { advanceWatermark, readWatermarks, writeWatermark } from '../../../watermarks/clickhouse-watermarks.ts';
import type { SinkPosition } from '../../change.ts';
import { type ChangeSink, PositionLostError, type SinkBatch } from '../change-sink.ts';
import { ClickHouseBatch } from './clickhouse-batch.ts';

/** The position of a shard that is being copied. */
const COPYING = 0n;

/** Above every earlier one, and taken from the clock, so that it is new even if the table was emptied by hand. */
const NEXT_COPY_ID = `
SELECT greatest(max(copy_id) + 1, toUInt64(toUnixTimestamp64Micro(now64(6)))) AS next
FROM replication_watermark WHERE shard = {shard:String}`;

export interface ClickHouseSinkOptions {
  /** A separate one, so that shards do not wait for each other's inserts. */
  readonly clickhouse: ClickHouseDatabase;
  readonly shard: ShardId;
  readonly attributes: AttributeLookup;
}

/** ReplacingMergeTree keeps the row with the highest lsn, so writing again changes nothing. */
export class ClickHouseSink implements ChangeSink {
  readonly #options: ClickHouseSinkOptions;

  constructor(options: ClickHouseSinkOptions) {
    this.#options = options;
  }

  async position(signal?: AbortSignal): Promise<SinkPosition | null> {
    const { clickhouse, shard } = this.#options;
    const watermark = (await readWatermarks(clickhouse, [shard], signal)).get(shard);
    if (watermark === undefined || watermark.lsn === COPYING) return null;
    const { copyId, lsn, heartbeatAt } = watermark;
    return { copyId, lsn, heartbeatAt };
  }

  batch(): SinkBatch {
    return new ClickHouseBatch(this.#options);
  }

  refreshAttributes(): Promise<void> {
    return this.#options.attributes.refresh();
  }

  async advance(from: bigint, to: SinkPosition, pendingMessages: number): Promise<void> {
    const { clickhouse, shard } = this.#options;
    await advanceWatermark(clickhouse, shard, from, { ...to, pendingMessages });
    const stored = (await readWatermarks(clickhouse, [shard])).get(shard);
    if (stored === undefined) {
      throw new PositionLostError(`ClickHouse has lost its position of shard ${shard}; the shard is copied again.`);
    }
    if (stored.copyId !== to.copyId) {
      throw new PositionLostError(
        `Another copy of shard ${shard} has begun; changes that follow the previous one end.`,
      );
    }
    if (stored.lsn < to.lsn) {
      throw new PositionLostError(
        `ClickHouse has gone back to position ${stored.lsn} of shard ${shard}, after it had reached ${from}; the stream starts over from there.`,
      );
    }
  }

  /**
   * The position is removed first. An interruption in between leaves a shard without a complete copy, and a reader that misses
   * rows finds that a copy has begun.
   */
  async beginCopy(): Promise<bigint> {
    const { clickhouse, shard } = this.#options;
    const [row] = await clickhouse.query<{ next: string }>(NEXT_COPY_ID, { shard });
    if (row === undefined) throw new Error('ClickHouse returned no row for an aggregate');
    const copyId = BigInt(row.next);
    await writeWatermark(clickhouse, shard, { copyId, lsn: COPYING, heartbeatAt: null, pendingMessages: 0 });
    for (const table of ['entity', 'entity_attribute']) {
      await clickhouse.command(`ALTER TABLE ${table} DELETE WHERE shard = {shard:String} SETTINGS mutations_sync = 2`, {
        shard,
      });
    }
    return copyId;
  }
}
