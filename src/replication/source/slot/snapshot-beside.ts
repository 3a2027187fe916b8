import type { ChangeReceiver, CopyProgress } from '../change-source.ts';
import { exportSnapshot, underCopyLock } from './copy-lock.ts';
import { foreignShard } from './next-step.ts';
import type { CapturedShard } from './replication-slot.ts';
import { copySnapshot } from './snapshot-copy.ts';
import { CREATE_TEMPORARY_SLOT, untilImported } from './temporary-slot.ts';

/**
 * Delivers the rows of a snapshot that is taken now, while the shard's slot goes on streaming. What the slot has delivered has
 * committed before the consistent point of a slot that is created afterwards.
 * @returns that point; null: another process is copying.
 */
export async function snapshotBeside(
  captured: CapturedShard,
  receiver: Pick<ChangeReceiver, 'receive'>,
  onProgress: (progress: CopyProgress) => void,
  signal: AbortSignal,
): Promise<bigint | null> {
  const { endpoints, primary } = captured;
  const point = await underCopyLock(captured, signal, async (session) => {
    const exported = await exportSnapshot(session, CREATE_TEMPORARY_SLOT);
    const report = untilImported(session, onProgress);
    const { shard } = await copySnapshot({ primary, ...exported }, receiver, report, signal);
    if (shard !== endpoints.id) throw foreignShard(endpoints.id, shard);
    await session.query('SELECT 1');
    return exported.point;
  });
  return point === false ? null : point;
}
