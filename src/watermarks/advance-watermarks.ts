import type { ClickHouseDatabase } from '../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { readCopyStates } from './clickhouse-aftermath.ts';
import { IS_OWN_DATABASE } from './clickhouse-installation.ts';
import type { ClickHouseWatermark, StoredCopy } from './clickhouse-watermarks.ts';
import { COPIED_TABLES, MARKER_LSN } from './copy-markers.ts';

/** The next watermark of a shard's copy. */
export interface WatermarkAdvance extends ClickHouseWatermark {
  readonly shard: ShardId;
  /** The position that the copy has reached at least; otherwise the advance has no effect. */
  readonly from: bigint;
}

/** What ClickHouse has of a shard after an advance. */
export interface AdvancedShard {
  readonly copies: readonly Pick<StoredCopy, 'copyId' | 'lsn' | 'endsEarlier'>[];
  /** Whether the copy that was advanced still has its markers. */
  readonly isMarked: boolean;
}

/**
 * The condition is in the select: without the position that is continued from, or below a copy that ends it, it inserts nothing for that shard. A copy
 * that was built beside another one does not take over from it with less than that one has; one that ends the others may. Each shard's
 * few copies are read once, so that all is decided on one state of them: each further reading took as long as the insert.
 */
const ADVANCE = `
INSERT INTO replication_watermark (shard, copy_id, lsn, heartbeat_at, pending_messages, ends_earlier)
WITH indexOf({shards:Array(String)}, shard) AS place,
  {copyIds:Array(UInt64)}[place] AS own_id, {froms:Array(UInt64)}[place] AS least, {lsns:Array(UInt64)}[place] AS next,
  groupArray((copy_id, replication_watermark.lsn, ends_earlier)) AS copies,
  arrayFirst(copy -> copy.1 = own_id AND copy.2 >= least, copies) AS own,
  arrayMax(copy -> if(copy.2 > 0 OR copy.3, copy.1, 0), copies) AS newest,
  arrayMax(copy -> if(copy.3, copy.1, 0), copies) AS ending,
  arrayMax(copy -> if(copy.1 >= ending AND copy.1 < own_id, copy.2, 0), copies) AS reached
SELECT shard, own.1, next, {heartbeats:Array(Nullable(Int64))}[place], {pending:Array(UInt64)}[place], own.3
FROM replication_watermark FINAL
WHERE shard IN {shards:Array(String)} AND ${IS_OWN_DATABASE}
GROUP BY shard
HAVING own.1 > 0 AND own.1 >= newest AND next >= reached
SETTINGS max_threads = 1`;

/**
 * Each has no effect unless its copy has reached the position `from`, no newer one is complete or ends it, and it takes over nothing it lacks.
 * @param advances of different shards.
 */
export function advanceWatermarks(
  clickhouse: ClickHouseDatabase,
  advances: readonly WatermarkAdvance[],
): Promise<void> {
  return clickhouse.command(ADVANCE, {
    shards: advances.map(({ shard }) => shard),
    copyIds: advances.map(({ copyId }) => copyId),
    froms: advances.map(({ from }) => from),
    lsns: advances.map(({ lsn }) => lsn),
    heartbeats: advances.map(({ heartbeatAt }) => (heartbeatAt === null ? null : Math.round(heartbeatAt * 1_000))),
    pending: advances.map(({ pendingMessages }) => pendingMessages),
  });
}

/** What came of the advances, by shard. */
export async function readAdvanced(
  clickhouse: ClickHouseDatabase,
  advances: readonly WatermarkAdvance[],
): Promise<ReadonlyMap<ShardId, AdvancedShard>> {
  const [shards, copyIds] = [advances.map(({ shard }) => shard), advances.map(({ copyId }) => copyId)];
  const rows = await readCopyStates(clickhouse, shards, copyIds);
  const isMarked = (copyId: bigint, table: string) =>
    rows.some(
      ({ source, copy_id, oldest }) => source === table && BigInt(copy_id) === copyId && oldest === String(MARKER_LSN),
    );
  const copiesOf = (shard: ShardId) =>
    rows
      .filter((row) => row.source === 'replication_watermark' && row.shard === shard)
      .map((row) => ({ copyId: BigInt(row.copy_id), lsn: BigInt(row.newest), endsEarlier: row.ends_earlier }));
  return new Map(
    advances.map(({ shard, copyId }) => [
      shard,
      { copies: copiesOf(shard), isMarked: COPIED_TABLES.every((table) => isMarked(copyId, table)) },
    ]),
  );
}
