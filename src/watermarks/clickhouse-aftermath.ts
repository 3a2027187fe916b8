import type { ClickHouseSession } from '../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { Positions } from '../freshness/positions.ts';
import { IS_OWN_DATABASE } from './clickhouse-installation.ts';
import { COPIED_TABLES, MARKER_LSN } from './copy-markers.ts';

/** What ClickHouse says after a read of some of its copies. */
export interface ReadAftermath {
  /** The positions of the copies that are there and have lost no table since they were begun, by id. */
  readonly positions: ReadonlyMap<bigint, bigint>;
  /** The positions of the newest rows of the copies that were read, by id: no statement before has seen a newer one. */
  readonly newest: ReadonlyMap<bigint, bigint>;
  /**
   * An upper bound of what any earlier statement shows of the copies that were read: whoever has reached this position contains every row
   * of it. Rows that are newer than the watermark are included. A shard without rows is left out.
   */
  readonly shown: Positions;
}

/**
 * One statement, because each part must only come after the data, whatever the order among them. All but the first are answered from
 * what ClickHouse keeps in memory of each part. An alias of a constant would hide the column of that name in its condition.
 */
const SELECT = `
SELECT 'replication_watermark' AS source, shard, copy_id, lsn AS newest, NULL AS oldest, heartbeat_at, ends_earlier
FROM replication_watermark FINAL WHERE shard IN {shards:Array(String)} AND ${IS_OWN_DATABASE}
${COPIED_TABLES.map(
  (table) => `UNION ALL
SELECT '${table}', shard, copy_id, max(lsn), min(lsn), NULL, false FROM ${table} WHERE copy_id IN {copies:Array(UInt64)} GROUP BY shard, copy_id`,
).join('\n')}
SETTINGS max_threads = 1`;

/** Of a copy's watermark, or of its rows in a table. */
export interface CopyStateRow {
  readonly source: 'replication_watermark' | (typeof COPIED_TABLES)[number];
  readonly shard: ShardId;
  readonly copy_id: string;
  /** The position of the watermark, or of the newest row. */
  readonly newest: string;
  /** The position of the oldest row; null: of a watermark. */
  readonly oldest: string | null;
  /** Microseconds; null for rows. */
  readonly heartbeat_at: string | null;
  /** See StoredCopy; false for rows. */
  readonly ends_earlier: boolean;
}

/** The watermarks of all copies of the shards that have not been dropped, and what there is of the rows of some of them. */
export function readCopyStates(
  clickhouse: ClickHouseSession,
  shards: readonly ShardId[],
  copies: readonly bigint[],
  signal?: AbortSignal,
): Promise<readonly CopyStateRow[]> {
  return clickhouse.query<CopyStateRow>(SELECT, { shards, copies }, signal);
}

/** @param read the copies that were read, by shard. */
export async function readAftermath(
  clickhouse: ClickHouseSession,
  shards: readonly ShardId[],
  read: ReadonlyMap<ShardId, { readonly copyId: bigint }>,
  signal?: AbortSignal,
): Promise<ReadAftermath> {
  const copyIds = [...read.values()].map(({ copyId }) => copyId);
  return aftermathOf(await readCopyStates(clickhouse, shards, copyIds, signal), read);
}

/** @param rows may tell of other copies, too. @param read as for readAftermath. */
export function aftermathOf(
  rows: readonly CopyStateRow[],
  read: ReadonlyMap<ShardId, { readonly copyId: bigint }>,
): ReadAftermath {
  const positions = new Map<bigint, bigint>();
  const markers = new Map<bigint, number>();
  const newestRows = new Map<bigint, bigint>();
  const shown = new Map<ShardId, bigint>();
  for (const { source, shard, copy_id, newest, oldest } of rows) {
    const [copyId, lsn] = [BigInt(copy_id), BigInt(newest)];
    if (oldest === null) {
      positions.set(copyId, lsn);
      continue;
    }
    if (read.get(shard)?.copyId !== copyId) continue;
    if (lsn >= (newestRows.get(copyId) ?? 0n)) newestRows.set(copyId, lsn);
    if (BigInt(oldest) === MARKER_LSN) markers.set(copyId, (markers.get(copyId) ?? 0) + 1);
    // A row has the position at which its transaction's commit begins.
    if (source === 'entity' && lsn !== MARKER_LSN) shown.set(shard, lsn + 1n);
  }
  for (const copyId of positions.keys()) {
    if (markers.get(copyId) !== COPIED_TABLES.length) positions.delete(copyId);
  }
  return { positions, newest: newestRows, shown };
}
