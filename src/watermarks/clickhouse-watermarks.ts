import type { ClickHouseDatabase, ClickHouseSession } from '../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { Watermark } from '../freshness/freshness.ts';

/** What ClickHouse is known to contain of one shard. */
export interface ClickHouseWatermark extends Watermark {
  /** Identifies the copy of the shard that the changes follow; a newer copy has a larger id. */
  readonly copyId: bigint;
  /** Every transaction that committed before this position is in ClickHouse. 0: the copy is not complete yet. */
  readonly lsn: bigint;
  /** Changes that the replicator had received but not yet written when it wrote this. */
  readonly pendingMessages: number;
}

export interface StoredClickHouseWatermark extends ClickHouseWatermark {
  /** Milliseconds since it was written. */
  readonly ageMs: number;
}

/** One thread: sharing a row per shard among several takes a quarter longer. */
const SELECT = `
SELECT shard, copy_id, lsn, heartbeat_at, pending_messages,
       toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(written_at) AS age_ms
FROM replication_watermark FINAL
WHERE shard IN {shards:Array(String)}
SETTINGS max_threads = 1`;

interface WatermarkRow {
  readonly shard: string;
  readonly copy_id: string;
  readonly lsn: string;
  /** Microseconds. */
  readonly heartbeat_at: string | null;
  readonly pending_messages: string;
  readonly age_ms: string;
}

/** Shards that are unknown to ClickHouse are left out. */
export async function readWatermarks(
  clickhouse: ClickHouseSession,
  shards: readonly ShardId[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<ShardId, StoredClickHouseWatermark>> {
  const rows = await clickhouse.query<WatermarkRow>(SELECT, { shards }, signal);
  return new Map(
    rows.map((row) => [
      row.shard,
      {
        copyId: BigInt(row.copy_id),
        lsn: BigInt(row.lsn),
        heartbeatAt: row.heartbeat_at === null ? null : Number(row.heartbeat_at) / 1_000,
        pendingMessages: Number(row.pending_messages),
        ageMs: Number(row.age_ms),
      },
    ]),
  );
}

/** The select is the condition: without the position that is continued from, it inserts nothing. */
const ADVANCE = `
INSERT INTO replication_watermark (shard, copy_id, lsn, heartbeat_at, pending_messages)
SELECT shard, copy_id, {lsn:UInt64}, {heartbeatAt:Nullable(Int64)}, {pendingMessages:UInt64}
FROM replication_watermark FINAL
WHERE shard = {shard:String} AND copy_id = {copyId:UInt64} AND replication_watermark.lsn >= {from:UInt64}`;

/** Has no effect unless the newest copy of the shard is this one, and has reached the position `from`. */
export function advanceWatermark(
  clickhouse: ClickHouseDatabase,
  shard: ShardId,
  from: bigint,
  { copyId, lsn, heartbeatAt, pendingMessages }: ClickHouseWatermark,
): Promise<void> {
  const parameters = { shard, copyId, from, lsn, heartbeatAt: microseconds(heartbeatAt), pendingMessages };
  return clickhouse.command(ADVANCE, parameters);
}

/** Has no effect once a newer copy of the shard has begun, or the same copy has got further. */
export async function writeWatermark(
  clickhouse: ClickHouseDatabase,
  shard: ShardId,
  { copyId, lsn, heartbeatAt, pendingMessages }: ClickHouseWatermark,
): Promise<void> {
  await clickhouse.insert('replication_watermark', [
    {
      shard,
      copy_id: String(copyId),
      lsn: String(lsn),
      heartbeat_at: microseconds(heartbeatAt),
      pending_messages: pendingMessages,
    },
  ]);
}

function microseconds(heartbeatAt: number | null): number | null {
  return heartbeatAt === null ? null : Math.round(heartbeatAt * 1_000);
}
