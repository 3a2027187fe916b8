import { ReplicationSession } from '../../../connections/postgres/replication-session.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import type { CopyProgress, CopyRequest } from '../change-source.ts';
import { parseLsn } from './lsn.ts';
import { foreignShard } from './next-step.ts';
import { followPublication, publicationFault, readPublication } from './publication.ts';
import { type CapturedShard, CDC_APPLICATION, CDC_SLOT, dropSlot } from './replication-slot.ts';
import { copySnapshot } from './snapshot-copy.ts';

/** One process at a time copies a shard. Held on the connection that exports the snapshot. */
const TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('atlas'), hashtext('initial copy')) AS locked";
const CREATE_SLOT = `CREATE_REPLICATION_SLOT "${CDC_SLOT}" LOGICAL pgoutput (SNAPSHOT 'export')`;

/**
 * Creates the slot and copies the shard as it is at the slot's first change: what committed before is in the copy, what
 * commits later is in the stream. The sink's position is written with the last rows: until then the copy does not count,
 * and the next attempt starts over.
 * @returns false: another process is copying.
 */
export async function initialCopy(
  captured: CapturedShard,
  request: CopyRequest,
  signal: AbortSignal,
): Promise<boolean> {
  const { endpoints } = captured;
  const session = await ReplicationSession.open({
    shard: endpoints.id,
    url: endpoints.primary,
    applicationName: CDC_APPLICATION,
    leaseMs: captured.leaseMs,
  });
  // Ends the wait for running transactions in CREATE_REPLICATION_SLOT too.
  const onAbort = () => void session.close();
  signal.addEventListener('abort', onAbort);
  try {
    signal.throwIfAborted();
    const [lock] = await session.query<{ locked: boolean }>(TRY_LOCK);
    if (lock?.locked !== true) return false;
    await refuseForeign(session, endpoints.id);
    if (await request.isNeeded()) await copyUnderLock(session, captured, request, signal);
    return true;
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

async function copyUnderLock(
  session: ReplicationSession,
  { endpoints, primary }: CapturedShard,
  request: CopyRequest,
  signal: AbortSignal,
): Promise<void> {
  await dropSlot(primary, signal);
  const publication = await readPublication(primary, signal);
  const fault = publicationFault({ ...publication, followed: null });
  if (publication.current === null || fault !== null) throw fault ?? new Error('There is no publication');
  await followPublication(primary, publication.current, true);
  const receiver = await request.begin();
  session.keepSnapshot();
  const [created] = await session.query<{ consistent_point: string; snapshot_name: string }>(CREATE_SLOT);
  if (created === undefined) throw new Error(`The primary did not create the slot "${CDC_SLOT}"`);
  const point = parseLsn(created.consistent_point);
  const snapshot = { primary, name: created.snapshot_name, point };
  const onProgress = (progress: CopyProgress) => {
    if (session.isLost) throw new Error('The connection that holds the snapshot was lost; the copy starts over');
    // The first call follows the import of the snapshot.
    session.releaseSnapshot();
    request.onProgress(progress);
  };
  const { shard, heartbeatAt } = await copySnapshot(snapshot, receiver, onProgress, signal);
  if (shard !== endpoints.id) throw foreignShard(endpoints.id, shard);
  await session.query('SELECT 1');
  if (heartbeatAt !== null) await receiver.receive({ kind: 'heartbeat', at: heartbeatAt });
  // The slot already starts there.
  await receiver.receive({ kind: 'commit', lsn: point, acknowledge: () => {} });
  await receiver.settle();
}
