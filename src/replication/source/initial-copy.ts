import type { PostgresDatabase } from '../../connections/postgres/postgres-database.ts';
import { ReplicationSession } from '../../connections/postgres/replication-session.ts';
import type { ShardEndpoints } from '../../domain/shard.ts';
import { ChangePipeline, type PipelineOptions } from '../change-pipeline.ts';
import { parseLsn } from './lsn.ts';
import { CDC_APPLICATION, CDC_SLOT } from './names.ts';
import { timestampMicros } from './postgres-timestamp.ts';
import { dropSlot, readSlot } from './replication-slot.ts';
import { copySnapshot, type SnapshotProgress } from './snapshot-copy.ts';

/** One process at a time copies a shard. Held on the connection that exports the snapshot. */
const TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('atlas'), hashtext('initial copy')) AS locked";
const CREATE_SLOT = `CREATE_REPLICATION_SLOT "${CDC_SLOT}" LOGICAL pgoutput (SNAPSHOT 'export')`;

export interface InitialCopyOptions extends Omit<PipelineOptions, 'from'> {
  readonly endpoints: ShardEndpoints;
  readonly primary: PostgresDatabase;
  /** Asked again once no other process can be copying. */
  readonly isNeeded: () => Promise<boolean>;
  readonly onProgress: (progress: SnapshotProgress) => void;
}

/**
 * Makes the slot and copies the shard as it is at the slot's first change: what committed before is in the copy, what
 * commits later is in the stream. The position in ClickHouse is written with the last rows: until then the copy does
 * not count, and whoever comes next begins anew.
 * @returns false where another process is copying.
 */
export async function initialCopy(options: InitialCopyOptions): Promise<boolean> {
  const { endpoints, signal } = options;
  const session = await ReplicationSession.open({
    shard: endpoints.id,
    url: endpoints.primary,
    applicationName: CDC_APPLICATION,
  });
  // Ends the wait for running transactions in CREATE_REPLICATION_SLOT too.
  const onAbort = () => void session.close();
  signal.addEventListener('abort', onAbort);
  try {
    signal.throwIfAborted();
    const [lock] = await session.query<{ locked: boolean }>(TRY_LOCK);
    if (lock?.locked !== true) return false;
    if (await options.isNeeded()) await copyUnderLock(session, options);
    return true;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await session.close();
  }
}

async function copyUnderLock(session: ReplicationSession, options: InitialCopyOptions): Promise<void> {
  const { shard, sink, primary, signal } = options;
  await dropSlot(primary);
  const copyId = await sink.beginCopy(shard);
  const [created] = await session.query<{ consistent_point: string; snapshot_name: string }>(CREATE_SLOT);
  const slot = await readSlot(primary);
  if (created === undefined || slot === null) throw new Error(`The primary did not make the slot "${CDC_SLOT}"`);
  // A transaction that was running at the consistent point and commits later may have made its changes before that
  // point. With the point itself as their version, copied rows would hide such changes.
  const version = slot.restartLsn;
  const pipeline = new ChangePipeline({ ...options, from: { copyId, lsn: version, heartbeatAt: null } });
  const stopIfPointless = () => {
    signal.throwIfAborted();
    if (session.isLost) throw new Error('The connection that held the snapshot was lost: the copy begins anew');
  };
  try {
    const heartbeat = await copySnapshot(
      { primary, snapshot: created.snapshot_name, version },
      pipeline,
      (progress) => {
        stopIfPointless();
        options.onProgress(progress);
      },
    );
    await session.query('SELECT 1');
    if (heartbeat !== null) await pipeline.receive({ kind: 'heartbeat', at: timestampMicros(heartbeat) });
    await pipeline.receive({ kind: 'commit', endLsn: parseLsn(created.consistent_point) });
    await pipeline.drain();
  } catch (error) {
    await pipeline.discard();
    throw error;
  }
}
