import { ReplicationSession } from '../../../connections/postgres/replication-session.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import type { CopyProgress } from '../change-source.ts';
import { parseLsn } from './lsn.ts';
import { foreignShard } from './next-step.ts';
import { type CapturedShard, CDC_APPLICATION } from './replication-slot.ts';

/** One process at a time copies a shard. Held on the connection that exports the snapshot. */
const TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('atlas'), hashtext('initial copy')) AS locked";

/**
 * Runs `work` while no other process copies the shard.
 * @returns false: another process is copying.
 */
export async function underCopyLock<T>(
  { endpoints, leaseMs }: CapturedShard,
  signal: AbortSignal,
  work: (session: ReplicationSession) => Promise<T>,
): Promise<T | false> {
  const session = await ReplicationSession.open({
    shard: endpoints.id,
    url: endpoints.primary,
    applicationName: CDC_APPLICATION,
    leaseMs,
  });
  // Ends the wait for running transactions in CREATE_REPLICATION_SLOT too.
  const onAbort = () => void session.close();
  signal.addEventListener('abort', onAbort);
  try {
    signal.throwIfAborted();
    const [lock] = await session.query<{ locked: boolean }>(TRY_LOCK);
    if (lock?.locked !== true) return false;
    await refuseForeign(session, endpoints.id);
    return await work(session);
  } finally {
    signal.removeEventListener('abort', onAbort);
    await session.close();
  }
}

/** The address may lead to another server than the one that decided on the copy. */
async function refuseForeign(session: ReplicationSession, shard: ShardId): Promise<void> {
  const [row] = await session.query<{ shard_id: ShardId }>('SELECT shard_id FROM atlas.shard');
  if (row !== undefined && row.shard_id !== shard) throw foreignShard(shard, row.shard_id);
}

/**
 * Exports the snapshot that the creation of a slot gives. It lasts until `untilLost` is first called.
 * @returns its name, and the consistent point of the slot.
 */
export async function exportSnapshot(
  session: ReplicationSession,
  createSlot: string,
): Promise<{ readonly name: string; readonly point: bigint }> {
  session.keepSnapshot();
  const [created] = await session.query<{ consistent_point: string; snapshot_name: string }>(createSlot);
  if (created === undefined) throw new Error('The primary did not say that it has created the slot');
  return { name: created.snapshot_name, point: parseLsn(created.consistent_point) };
}

/** Passes the progress of a copy on, for as long as the session holds the lock. The first call follows the import of the snapshot. */
export function untilLost(
  session: ReplicationSession,
  onProgress: (progress: CopyProgress) => void,
): (progress: CopyProgress) => void {
  return (progress) => {
    if (session.isLost) throw new Error('The connection that holds the snapshot was lost; the copy starts over');
    session.releaseSnapshot();
    onProgress(progress);
  };
}
