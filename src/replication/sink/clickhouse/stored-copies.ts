import type { ClickHouseSession } from '../../../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import { liveCopy, readCopies } from '../../../watermarks/clickhouse-watermarks.ts';
import type { CopiesOfShard } from '../../resync-shard.ts';

/** Answered from memory, so versions that are not merged yet count too, and so does the copy's marker. */
const ROWS = 'SELECT count() AS rows FROM entity WHERE copy_id = {copyId:UInt64}';

/** @param estimatedRows how many rows a complete copy has; null if that is not known. */
export async function storedCopies(
  clickhouse: ClickHouseSession,
  shard: ShardId,
  estimatedRows: number | null,
  signal: AbortSignal,
): Promise<CopiesOfShard> {
  const copies = (await readCopies(clickhouse, [shard], signal)).get(shard) ?? [];
  const live = liveCopy(copies)?.copyId ?? null;
  const unfinished = copies.find(({ copyId, lsn }) => lsn === 0n && (live === null || copyId > live));
  if (unfinished === undefined) return { live, unfinished: null };
  const { copyId } = unfinished;
  const [row] = await clickhouse.query<{ rows: string }>(ROWS, { copyId }, signal);
  const rows = Math.max(0, Number(row?.rows ?? 0) - 1);
  return { live, unfinished: { copyId, progress: { rows, estimatedRows } } };
}
