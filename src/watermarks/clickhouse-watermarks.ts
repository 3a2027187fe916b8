import type { ClickHouseDatabase, ClickHouseSession } from '../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { Watermark } from '../freshness/freshness.ts';
import { IS_OWN_DATABASE } from './clickhouse-installation.ts';
import { COPIED_TABLES } from './copy-markers.ts';

/** The tables whose rows are written before the watermark that covers them. */
export const COVERED_TABLES = [...COPIED_TABLES, 'audit', 'entity_change', 'history_start', 'tenant_history_start'];

/** What a copy of a shard in ClickHouse is known to contain. */
export interface ClickHouseWatermark extends Watermark {
  /** Identifies the copy; a newer one has a larger id. */
  readonly copyId: bigint;
  /** Every transaction that committed before this position is in the copy. 0: the copy is not complete yet. */
  readonly lsn: bigint;
  /** Changes that the replicator had received but not yet written when it wrote this. */
  readonly pendingMessages: number;
}

/** A complete copy of a shard, and what it is known to contain. */
export type KnownCopy = Omit<ClickHouseWatermark, 'pendingMessages'>;

export interface StoredClickHouseWatermark extends ClickHouseWatermark {
  /** Milliseconds since it was written. */
  readonly ageMs: number;
}

export interface StoredCopy extends StoredClickHouseWatermark {
  /** Nothing follows the shard's earlier copies any more. They are still read until this one is complete. */
  readonly endsEarlier: boolean;
}

/**
 * One thread: sharing a few rows among several takes a quarter longer. Copies that have been dropped are left out. Copies of another
 * installation's shards, which may have the same ids, are never taken for our own.
 */
const SELECT = `
SELECT shard, copy_id, lsn, heartbeat_at, pending_messages, ends_earlier,
       toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(written_at) AS age_ms
FROM replication_watermark FINAL
WHERE shard IN {shards:Array(String)} AND ${IS_OWN_DATABASE}
ORDER BY copy_id DESC
SETTINGS max_threads = 1`;

interface CopyRow {
  readonly shard: string;
  readonly copy_id: string;
  readonly lsn: string;
  /** Microseconds. */
  readonly heartbeat_at: string | null;
  readonly pending_messages: string;
  readonly ends_earlier: boolean;
  readonly age_ms: string;
}

/** The copies of each shard, newest first. Shards that are unknown to ClickHouse are left out. */
export async function readCopies(
  clickhouse: ClickHouseSession,
  shards: readonly ShardId[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<ShardId, readonly StoredCopy[]>> {
  const rows = await clickhouse.query<CopyRow>(SELECT, { shards }, signal);
  const copies = new Map<ShardId, StoredCopy[]>();
  for (const row of rows) copies.set(row.shard, [...(copies.get(row.shard) ?? []), storedCopy(row)]);
  return copies;
}

/** The copy that is read: the newest complete one. @param copies newest first. */
export function liveCopy(copies: readonly StoredCopy[] | undefined): StoredCopy | undefined {
  return copies?.find(({ lsn }) => lsn > 0n);
}

/**
 * The watermarks of the copies that are read, which hold for the server that answers: of replicated tables, each reaches it by itself, so it
 * may have a watermark before the rows that were written earlier. Shards without a complete copy are left out.
 */
export async function readWatermarks(
  clickhouse: ClickHouseSession,
  shards: readonly ShardId[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<ShardId, StoredClickHouseWatermark>> {
  const live = new Map<ShardId, StoredClickHouseWatermark>();
  for (const [shard, copies] of await readCopies(clickhouse, shards, signal)) {
    const copy = liveCopy(copies);
    if (copy !== undefined) live.set(shard, copy);
  }
  if (live.size > 0) await clickhouse.catchUp(COVERED_TABLES, signal);
  return live;
}

const ANNOUNCE = `
INSERT INTO replication_watermark (shard, copy_id, lsn, pending_messages, ends_earlier)
SELECT {shard:String}, {copyId:UInt64}, 0, 0, {endsEarlier:Bool} WHERE ${IS_OWN_DATABASE}`;

/** Makes a copy known before its first row is written. */
export function announceCopy(
  clickhouse: ClickHouseDatabase,
  shard: ShardId,
  copyId: bigint,
  { endsEarlier }: { readonly endsEarlier: boolean },
): Promise<void> {
  return clickhouse.command(ANNOUNCE, { shard, copyId, endsEarlier });
}

/** From now on the copy is not known any more, whatever is written about it later. Its rows may be removed afterwards. */
export function forgetCopy(clickhouse: ClickHouseDatabase, shard: ShardId, copyId: bigint): Promise<void> {
  const row = { shard, copy_id: String(copyId), lsn: '0', pending_messages: 0, is_dropped: 1 };
  return clickhouse.insert('replication_watermark', [row]);
}

/** @param stored microseconds. @returns milliseconds since the epoch. */
export function heartbeatOf(stored: string | null): number | null {
  return stored === null ? null : Number(stored) / 1_000;
}

function storedCopy(row: CopyRow): StoredCopy {
  return {
    copyId: BigInt(row.copy_id),
    lsn: BigInt(row.lsn),
    heartbeatAt: heartbeatOf(row.heartbeat_at),
    pendingMessages: Number(row.pending_messages),
    endsEarlier: row.ends_earlier,
    ageMs: Number(row.age_ms),
  };
}
