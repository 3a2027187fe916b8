import type { ClickHouseSession } from '../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { Positions } from '../freshness/positions.ts';

/** Answered from what ClickHouse keeps in memory of each part. */
const SELECT = `
SELECT shard, max(lsn) AS lsn FROM entity WHERE copy_id IN {copies:Array(UInt64)} GROUP BY shard`;

/**
 * By shard, an upper bound of what any earlier statement shows of these copies: whoever has reached this position contains every row
 * of it. Rows that are newer than the watermark are included. A row has the position at which its transaction's commit begins,
 * so one byte more is needed. A shard without rows is left out.
 */
export async function readShown(
  clickhouse: ClickHouseSession,
  copies: ReadonlyMap<ShardId, { readonly copyId: bigint }>,
  signal?: AbortSignal,
): Promise<Positions> {
  const ids = [...copies.values()].map(({ copyId }) => copyId);
  const rows = await clickhouse.query<{ shard: string; lsn: string }>(SELECT, { copies: ids }, signal);
  return new Map(rows.map(({ shard, lsn }) => [shard, BigInt(lsn) + 1n]));
}
