import type { ChangeReceiver, CopyProgress } from '../change-source.ts';
import { exportSnapshot, underCopyLock, untilLost } from './copy-lock.ts';
import { foreignShard } from './next-step.ts';
import type { CapturedShard } from './replication-slot.ts';
import { copySnapshot } from './snapshot-copy.ts';

/** Goes with its connection. It is only there to export a snapshot at a known position, so it retains no WAL for long. */
const TEMPORARY_SLOT = 'atlas_cdc_copy';
const CREATE_SLOT = `CREATE_REPLICATION_SLOT "${TEMPORARY_SLOT}" TEMPORARY LOGICAL pgoutput (SNAPSHOT 'export')`;
const DROP_SLOT = `DROP_REPLICATION_SLOT "${TEMPORARY_SLOT}"`;

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
    const exported = await exportSnapshot(session, CREATE_SLOT);
    let isImported = false;
    const report = untilLost(session, (progress) => {
      // A failure shows at the next statement on the session.
      if (!isImported) session.query(DROP_SLOT).catch(() => {});
      isImported = true;
      onProgress(progress);
    });
    const { shard } = await copySnapshot({ primary, ...exported }, receiver, report, signal);
    if (shard !== endpoints.id) throw foreignShard(endpoints.id, shard);
    await session.query('SELECT 1');
    return exported.point;
  });
  return point === false ? null : point;
}
