import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../../domain/identifiers.ts';

/** What ClickHouse has of one shard. */
export interface ClickHouseWatermark {
  /** Milliseconds since the epoch on the primary's clock; null: no heartbeat has arrived. */
  readonly heartbeatAt: number | null;
  /** Changes that the replicator had received, but not yet written, `ageMs` ago. */
  readonly pendingMessages: number;
  readonly ageMs: number;
}

export async function probeClickHouse(
  clickhouse: ClickHouseDatabase,
): Promise<ReadonlyMap<ShardId, ClickHouseWatermark>> {
  const rows = await clickhouse.query<{
    shard: string;
    heartbeat_at: string | null;
    pending_messages: string;
    age_ms: string;
  }>(`
SELECT shard, heartbeat_at, pending_messages,
       toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(written_at) AS age_ms
FROM replication_watermark FINAL`);
  return new Map(
    rows.map((row) => [
      row.shard,
      {
        heartbeatAt: row.heartbeat_at === null ? null : Number(row.heartbeat_at) / 1000,
        pendingMessages: Number(row.pending_messages),
        ageMs: Number(row.age_ms),
      },
    ]),
  );
}
