import type { ClickHouseSession } from '../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { Positions } from '../freshness/positions.ts';
import { IS_OWN_DATABASE } from './clickhouse-installation.ts';

/** A copy of a shard, and the position of its watermark. */
export interface KnownCopy {
  readonly copyId: bigint;
  readonly lsn: bigint;
}

/** What ClickHouse says after a read of some of its copies. */
export interface ReadAftermath {
  /** All copies that are there now, by shard. */
  readonly copies: ReadonlyMap<ShardId, readonly KnownCopy[]>;
  /**
   * An upper bound of what any earlier statement shows of the copies that were read: whoever has reached this position contains every row
   * of it. Rows that are newer than the watermark are included. A shard without rows is left out.
   */
  readonly shown: Positions;
}

/**
 * One statement, because either half must only come after the data, whatever the order of the two. The second half is answered from
 * what ClickHouse keeps in memory of each part. An alias of a constant would hide the column of that name in its condition.
 */
const SELECT = `
SELECT shard, copy_id, lsn FROM replication_watermark FINAL WHERE shard IN {shards:Array(String)} AND ${IS_OWN_DATABASE}
UNION ALL
SELECT shard, NULL, max(lsn) FROM entity WHERE copy_id IN {copies:Array(UInt64)} GROUP BY shard
SETTINGS max_threads = 1`;

interface Row {
  readonly shard: ShardId;
  /** Null: the position is that of the newest row. */
  readonly copy_id: string | null;
  readonly lsn: string;
}

/** @param read the copies that were read, by shard. */
export async function readAftermath(
  clickhouse: ClickHouseSession,
  shards: readonly ShardId[],
  read: ReadonlyMap<ShardId, { readonly copyId: bigint }>,
  signal?: AbortSignal,
): Promise<ReadAftermath> {
  const parameters = { shards, copies: [...read.values()].map(({ copyId }) => copyId) };
  const rows = await clickhouse.query<Row>(SELECT, parameters, signal);
  const copies = new Map<ShardId, KnownCopy[]>();
  const shown = new Map<ShardId, bigint>();
  for (const { shard, copy_id, lsn } of rows) {
    // A row has the position at which its transaction's commit begins.
    if (copy_id === null) shown.set(shard, BigInt(lsn) + 1n);
    else copies.set(shard, [...(copies.get(shard) ?? []), { copyId: BigInt(copy_id), lsn: BigInt(lsn) }]);
  }
  return { copies, shown };
}
