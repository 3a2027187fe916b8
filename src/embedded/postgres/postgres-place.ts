import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StackError } from '../stack-error.ts';
import { type Account, accountCan, giveTo, unprivilegedAccount } from './account.ts';
import { copyTree } from './copy-tree.ts';
import { newPartial } from './partial-directory.ts';
import { binariesIn, installedBinaries, type PostgresBinaries } from './postgres-binaries.ts';

/** Postgres' data directory, its binaries, and the account it runs under. */
export interface PostgresPlace {
  readonly directory: string;
  readonly binaries: PostgresBinaries;
  readonly account: Account | null;
}

/** Directories for data that cannot be stored in the home, in order of preference. */
const SYSTEM_DIRECTORIES = ['/var/lib/atlas', join(tmpdir(), 'atlas')];

/**
 * Creates a directory for Postgres' data that the account Postgres runs under can reach: `<home>/postgres` if possible,
 * otherwise one in a system directory, with `<home>/postgres` as a link to it. Likewise for the binaries.
 * @param home an absolute path without symbolic links.
 * @throws StackError
 */
export async function findPostgresPlace(
  home: string,
  notify: (message: string) => void,
  systemDirectories: readonly string[] = SYSTEM_DIRECTORIES,
): Promise<PostgresPlace> {
  const link = join(home, 'postgres');
  const account = ownerOf(link) ?? unprivilegedAccount();
  const directory = account === null ? ownDirectory(link) : await reachableDirectory(link, account, systemDirectories);
  if (directory !== link)
    notify(`The account "${account?.name}" cannot enter ${home}. Postgres' data is stored in ${directory}.`);
  return { directory, account, binaries: await reachableBinaries(installedBinaries(), directory, account) };
}

/** Data keeps its owner, because Postgres refuses data owned by another account. */
function ownerOf(path: string): Account | null {
  if (process.getuid?.() !== 0 || !existsSync(path)) return null;
  const { uid, gid } = statSync(path);
  return uid === 0 ? null : { name: `uid ${uid}`, uid, gid };
}

function ownDirectory(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { uid } = statSync(path);
  if (uid !== process.getuid?.()) {
    throw new StackError(
      `The data in ${path} belongs to another account (uid ${uid}).`,
      'Start Atlas as that account or as root, or set ATLAS_HOME to a directory of your own.',
    );
  }
  return path;
}

async function reachableDirectory(link: string, account: Account, candidates: readonly string[]): Promise<string> {
  const there = lstatSync(link, { throwIfNoEntry: false });
  if (there?.isSymbolicLink() && existsSync(link)) return realpathSync(link);
  if (there === undefined && giveDirectory(link, account)) return link;
  if (there?.isDirectory() && accountCan(account, '-x', link)) return link;
  const directory = systemDirectory(link, account, candidates);
  if (there?.isDirectory()) {
    // The home was moved to a directory the account cannot enter.
    rmSync(directory, { recursive: true });
    await copyTree(link, directory, { account });
    rmSync(link, { recursive: true });
  } else if (there !== undefined) rmSync(link);
  symlinkSync(directory, link);
  return directory;
}

/** The name that a system directory has for a home. @param link `<home>/postgres`. */
export function linkedDirectoryName(link: string): string {
  return createHash('sha256').update(link).digest('hex').slice(0, 16);
}

function systemDirectory(link: string, account: Account, candidates: readonly string[]): string {
  const name = linkedDirectoryName(link);
  for (const parent of candidates) {
    try {
      if (mkdirSync(parent, { recursive: true }) !== undefined) chmodSync(parent, 0o711);
    } catch {
      continue;
    }
    const directory = join(parent, name);
    // No link points to it any more: it belonged to a home that has been removed.
    rmSync(directory, { recursive: true, force: true });
    if (giveDirectory(directory, account)) return directory;
  }
  throw new StackError(
    `Postgres runs as "${account.name}", which can enter neither ${link} nor ${candidates.join(' nor ')}.`,
    'Set ATLAS_HOME to a directory that every account can reach, such as /srv/atlas.',
  );
}

/** Creates a directory owned by the account. Returns false, and leaves no directory, if the account cannot use it. */
function giveDirectory(path: string, account: Account): boolean {
  mkdirSync(path);
  chmodSync(path, 0o700);
  giveTo(account, path);
  if (accountCan(account, '-w', path) && accountCan(account, '-x', path)) return true;
  rmSync(path, { recursive: true });
  return false;
}

/** The installed binaries or, if the account cannot reach them, a copy in `directory`. */
export async function reachableBinaries(
  installed: PostgresBinaries,
  directory: string,
  account: Account | null,
): Promise<PostgresBinaries> {
  if (accountCan(account, '-x', installed.postgres)) return installed;
  const copy = join(directory, `binaries-${installed.version}`);
  if (!existsSync(copy)) {
    for (const name of readdirSync(directory)) {
      if (name.startsWith('binaries-')) rmSync(join(directory, name), { recursive: true, force: true });
    }
    const partial = newPartial(copy);
    await copyTree(installed.directory, partial, { account });
    renameSync(partial, copy);
  }
  return binariesIn(copy, installed.version);
}
