import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { StackError } from '../stack-error.ts';

/** The account that Postgres runs under. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const UNPRIVILEGED = ['postgres', 'nobody'];

/**
 * An existing account with few privileges, because Postgres refuses to run as root. Null if this process does not run as root:
 * Postgres then runs under the same account as Atlas.
 * @throws StackError if there is no such account, or root may not switch to it.
 */
export function unprivilegedAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of UNPRIVILEGED) {
    const uid = numericId('-u', name);
    const gid = numericId('-g', name);
    if (uid === null || gid === null || uid === 0) continue;
    if (!canBecome(uid, gid)) continue;
    return { name, uid, gid };
  }
  throw new StackError(
    'Postgres cannot run as root, and there is no account "postgres" or "nobody" to run it under.',
    'Run Atlas as an ordinary user.',
  );
}

/** Runs `test <flag> <path>` as the account. No other check takes every parent directory into account. */
export function accountCan(account: Account | null, flag: '-r' | '-w' | '-x', path: string): boolean {
  return spawnSync('test', [flag, path], { ...identity(account), cwd: '/', stdio: 'ignore' }).status === 0;
}

export function giveTo(account: Account | null, ...paths: readonly string[]): void {
  if (account !== null) for (const path of paths) chownSync(path, account.uid, account.gid);
}

export function identity(account: Account | null): { uid?: number; gid?: number } {
  return account === null ? {} : { uid: account.uid, gid: account.gid };
}

function numericId(flag: '-u' | '-g', name: string): number | null {
  const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 ? Number(stdout) : null;
}

function canBecome(uid: number, gid: number): boolean {
  return spawnSync('true', { uid, gid, cwd: '/', stdio: 'ignore' }).status === 0;
}
