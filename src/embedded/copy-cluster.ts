import { chownSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from './account.ts';
import { copyTree } from './copy-tree.ts';

/** What belongs to the running original alone. */
const OWN_TO_A_SERVER = /^(postmaster\.(pid|opts)|pg_replslot\/.+|pg_stat_tmp\/.+|atlas\.conf\.new)$/;

/**
 * Copies the data directory of a server that does not run; as a standby of it, or as an equal. Like a new cluster, the copy
 * appears under its name only when it is complete.
 */
export async function copyStoppedCluster(options: {
  from: string;
  to: string;
  as: 'standby' | 'equal';
  account: Account | null;
  signal?: AbortSignal | undefined;
}): Promise<void> {
  const { from, to, as, account, signal } = options;
  const partial = `${to}.partial`;
  rmSync(partial, { recursive: true, force: true });
  await copyTree(from, partial, {
    account,
    skip: (path) => (as === 'standby' ? OWN_TO_A_SERVER.test(path) : /^postmaster\.(pid|opts)$/.test(path)),
    signal,
  });
  if (as === 'standby') {
    const standbySignal = join(partial, 'standby.signal');
    writeFileSync(standbySignal, '', { mode: 0o600 });
    if (account !== null) chownSync(standbySignal, account.uid, account.gid);
  }
  renameSync(partial, to);
}
