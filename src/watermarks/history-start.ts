import type { ClickHouseDatabase } from '../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';

/** From where on the history of a shard lacks nothing. */
export interface HistoryStart {
  readonly shard: ShardId;
  /** Every transaction that committed at this position or later is kept. */
  readonly lsn: bigint;
  /** Everything that was written after this time is kept. Milliseconds since the epoch. */
  readonly at: number;
}

const BEYOND = 'shard = {shard:String} AND lsn >= {lsn:UInt64}';

/**
 * From now on it begins there. What is beyond is of a history that the shard has lost: its primary was restored to an earlier time, and gives the same
 * positions again.
 */
export async function recordHistoryStart(
  clickhouse: ClickHouseDatabase,
  { shard, lsn, at }: HistoryStart,
): Promise<void> {
  for (const table of ['entity_change', 'tenant_history_start']) {
    const lost = await clickhouse.query<object>(`SELECT 1 FROM ${table} WHERE ${BEYOND} LIMIT 1`, { shard, lsn });
    if (lost.length === 0) continue;
    await clickhouse.command(`ALTER TABLE ${table} DELETE WHERE ${BEYOND} SETTINGS mutations_sync = 2`, { shard, lsn });
  }
  await clickhouse.insert('history_start', [{ shard, lsn: String(lsn), at }]);
}

const ENSURE = `
INSERT INTO history_start (shard, lsn, at)
SELECT {shard:String}, {lsn:UInt64}, {at:Int64} WHERE {shard:String} NOT IN (SELECT shard FROM history_start)`;

/** Has no effect if it has begun. */
export function ensureHistoryStart(clickhouse: ClickHouseDatabase, { shard, lsn, at }: HistoryStart): Promise<void> {
  return clickhouse.command(ENSURE, { shard, lsn, at });
}
