import type { PostgresDatabase } from '../../../connections/postgres/postgres-database.ts';
import type { ReplicationSession } from '../../../connections/postgres/replication-session.ts';
import type { CopyProgress, CopyRequest } from '../change-source.ts';
import { exportSnapshot, underCopyLock, untilLost } from './copy-lock.ts';
import { foreignShard } from './next-step.ts';
import { followPublication, publicationFault, readPublication } from './publication.ts';
import { type CapturedShard, CDC_SLOT, dropSlot } from './replication-slot.ts';
import { copySnapshot } from './snapshot-copy.ts';

/** Where the stream that follows a copy begins. */
export interface CopyPoint {
  /** Called before the copy is announced. */
  prepare(primary: PostgresDatabase, signal: AbortSignal): Promise<void>;
  /** The statement that creates a slot and exports its snapshot. */
  readonly createSlot: string;
  /** Of the copy. It throws once the session that holds the lock is lost. */
  report(session: ReplicationSession, onProgress: (progress: CopyProgress) => void): (progress: CopyProgress) => void;
}

const CREATE_SLOT = `CREATE_REPLICATION_SLOT "${CDC_SLOT}" LOGICAL pgoutput (SNAPSHOT 'export')`;

/** The slot that is streamed afterwards. */
export const STREAMED_SLOT: CopyPoint = { prepare: dropSlot, createSlot: CREATE_SLOT, report: untilLost };

/**
 * Creates a slot and copies the shard as it is at the slot's first change: what committed before is in the copy, what
 * commits later is in the stream. The sink's position is written with the last rows: until then the copy does not count,
 * and the next attempt starts over.
 * @returns false: another process is copying.
 */
export async function initialCopy(
  captured: CapturedShard,
  request: CopyRequest,
  point: CopyPoint,
  signal: AbortSignal,
): Promise<boolean> {
  return underCopyLock(captured, signal, async (session) => {
    if (await request.isNeeded()) await copyUnderLock(session, captured, request, point, signal);
    return true;
  });
}

async function copyUnderLock(
  session: ReplicationSession,
  { endpoints, primary }: CapturedShard,
  request: CopyRequest,
  point: CopyPoint,
  signal: AbortSignal,
): Promise<void> {
  await point.prepare(primary, signal);
  const publication = await readPublication(primary, signal);
  const fault = publicationFault({ ...publication, followed: null });
  if (publication.current === null || fault !== null) throw fault ?? new Error('There is no publication');
  await followPublication(primary, publication.current, true);
  const receiver = await request.begin();
  const exported = await exportSnapshot(session, point.createSlot);
  const { shard, heartbeatAt } = await copySnapshot(
    { primary, ...exported },
    receiver,
    point.report(session, request.onProgress),
    signal,
  );
  if (shard !== endpoints.id) throw foreignShard(endpoints.id, shard);
  await session.query('SELECT 1');
  if (heartbeatAt !== null) await receiver.receive({ kind: 'heartbeat', at: heartbeatAt });
  // The stream already starts there.
  await receiver.receive({ kind: 'commit', lsn: exported.point, acknowledge: () => {} });
  await receiver.settle();
}
