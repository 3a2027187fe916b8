import type { ReplicationSession } from '../../../connections/postgres/replication-session.ts';
import type { CopyProgress } from '../change-source.ts';
import { untilLost } from './copy-lock.ts';

/** Goes with its connection. It is only there to export a snapshot at a known position, so it retains no WAL for long. */
const TEMPORARY_SLOT = 'atlas_cdc_copy';
export const CREATE_TEMPORARY_SLOT = `CREATE_REPLICATION_SLOT "${TEMPORARY_SLOT}" TEMPORARY LOGICAL pgoutput (SNAPSHOT 'export')`;
const DROP_SLOT = `DROP_REPLICATION_SLOT "${TEMPORARY_SLOT}"`;

/** As `untilLost`, and drops the slot as soon as its snapshot has been imported. */
export function untilImported(
  session: ReplicationSession,
  onProgress: (progress: CopyProgress) => void,
): (progress: CopyProgress) => void {
  let isImported = false;
  return untilLost(session, (progress) => {
    // A failure shows at the next statement on the session.
    if (!isImported) session.query(DROP_SLOT).catch(() => {});
    isImported = true;
    onProgress(progress);
  });
}
