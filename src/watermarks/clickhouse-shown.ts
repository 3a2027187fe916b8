import type { ClickHouseSession } from '../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { Positions } from '../freshness/positions.ts';

const SELECT = `
SELECT shard, max(lsn) AS lsn FROM entity WHERE shard IN {shards:Array(String)} GROUP BY shard`;

/**
 * By shard, an upper bound of what any earlier statement shows: whoever has reached this position contains every row of it. Rows
 * that are newer than the watermark are included. A row has the position at which its transaction begins to be written, so one
 * byte more is needed. A shard without rows is left out.
 */
export async function readShown(
  clickhouse: ClickHouseSession,
  shards: readonly ShardId[],
  signal?: AbortSignal,
): Promise<Positions> {
  const rows = await clickhouse.query<{ shard: string; lsn: string }>(SELECT, { shards }, signal);
  return new Map(rows.map(({ shard, lsn }) => [shard, BigInt(lsn) + 1n]));
}
