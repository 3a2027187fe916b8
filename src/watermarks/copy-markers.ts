import type { ClickHouseDatabase, ClickHouseSession } from '../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';

/** The tables that hold the rows of copies. */
export const COPIED_TABLES = ['entity', 'entity_attribute'] as const;

/** Of a marker; that of every other row is greater. */
export const MARKER_LSN = 0n;

/** The partitions of a copy, by what ClickHouse keeps in memory of each part: `lsn` is in the partition key for that. */
const OLDEST = COPIED_TABLES.map(
  (table) => `SELECT min(lsn) AS oldest FROM ${table} WHERE copy_id = {copyId:UInt64} GROUP BY copy_id`,
).join('\nUNION ALL\n');

/**
 * Writes the copy's markers: one row per table, before all other rows of the copy, and never again. As long as a marker is there,
 * nobody has emptied that table or dropped the copy's partition. It is a deleted row of tenant 0, which has no entities, so no
 * question sees it.
 */
export async function markCopy(clickhouse: ClickHouseDatabase, shard: ShardId, copyId: bigint): Promise<void> {
  const origin = { shard, copy_id: String(copyId), lsn: String(MARKER_LSN), row_version: '0', is_deleted: 1 };
  for (const table of COPIED_TABLES) await clickhouse.insert(table, [{ tenant_id: 0, entity_id: '0', ...origin }]);
}

/** Whether the copy still has its markers. */
export async function isMarked(clickhouse: ClickHouseSession, copyId: bigint, signal?: AbortSignal): Promise<boolean> {
  const rows = await clickhouse.query<{ oldest: string }>(OLDEST, { copyId }, signal);
  return rows.length === COPIED_TABLES.length && rows.every(({ oldest }) => BigInt(oldest) === MARKER_LSN);
}
