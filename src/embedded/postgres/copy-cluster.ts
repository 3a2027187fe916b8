import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresDatabase } from '../../connections/postgres/postgres-database.ts';
import { type Account, giveTo } from './account.ts';
import { copyTree } from './copy-tree.ts';
import { REPLICA_SLOT } from './initialise-cluster.ts';
import { newPartial } from './partial-directory.ts';

interface Copy {
  readonly from: string;
  readonly to: string;
  readonly account: Account | null;
  readonly signal?: AbortSignal | undefined;
}

const PROCESS_FILES = /^postmaster\.(pid|opts)$/;
const SLOTS = /^pg_replslot\/.+/;
const WAL = /^pg_wal\/.+/;

/**
 * Copies the data directory of a stopped server, as an identical server or as a standby of it. Like a new cluster, the copy
 * appears under its name only when it is complete.
 */
export async function copyStoppedCluster(copy: Copy & { as: 'standby' | 'equal' }): Promise<void> {
  const partial = newPartial(copy.to);
  await copyTree(copy.from, partial, {
    ...copy,
    skip: (path) => PROCESS_FILES.test(path) || (copy.as === 'standby' && SLOTS.test(path)),
  });
  if (copy.as === 'standby') writeOwned(join(partial, 'standby.signal'), '', copy.account);
  renameSync(partial, copy.to);
}

/**
 * Copies a running primary as a standby of it. The slot is created again and retains all WAL since the copy began.
 * @throws AtlasError if the primary does not answer.
 */
export async function copyRunningCluster(primary: PostgresDatabase, copy: Copy): Promise<void> {
  const partial = newPartial(copy.to);
  await primary.query({
    text: 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1',
    values: [REPLICA_SLOT],
  });
  // One session from start to stop, as the backup functions require.
  await primary.transaction(async (session) => {
    await session.query({ text: 'SET LOCAL statement_timeout = 0', values: [] });
    await session.query({ text: 'SELECT pg_backup_start($1, true)', values: [REPLICA_SLOT] });
    // Retains WAL from the checkpoint at which the backup has just begun.
    await session.query({ text: 'SELECT pg_create_physical_replication_slot($1, true)', values: [REPLICA_SLOT] });
    await copyTree(copy.from, partial, {
      ...copy,
      skip: (path) => PROCESS_FILES.test(path) || SLOTS.test(path) || WAL.test(path),
    });
    const [stopped] = await session.query<{ labelfile: string }>({
      text: 'SELECT labelfile FROM pg_backup_stop(false)',
      values: [],
    });
    writeOwned(join(partial, 'backup_label'), stopped?.labelfile ?? '', copy.account);
  });
  writeOwned(join(partial, 'standby.signal'), '', copy.account);
  rmSync(copy.to, { recursive: true, force: true });
  renameSync(partial, copy.to);
}

function writeOwned(path: string, text: string, account: Account | null): void {
  writeFileSync(path, text, { mode: 0o600 });
  giveTo(account, path);
}
