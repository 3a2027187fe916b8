import { chown, constants, copyFile, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account.ts';

/** A database is a thousand small files, so most of the time is spent waiting for each one. */
const FILES_AT_ONCE = 16;

/**
 * Copies a directory; the copy is owned by `account`. Files that disappear during the copy are skipped, as copying the data
 * directory of a running server requires.
 * @param options.skip paths relative to `from`.
 */
export async function copyTree(
  from: string,
  to: string,
  options: { account: Account | null; skip?: (path: string) => boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  const { account, skip = () => false, signal } = options;
  const directories = [''];
  const others: string[] = [];
  for (const directory of directories) {
    signal?.throwIfAborted();
    await mkdir(join(to, directory), { mode: (await lstat(join(from, directory))).mode });
    if (account !== null) await chown(join(to, directory), account.uid, account.gid);
    for (const entry of await unlessGone(readdir(join(from, directory), { withFileTypes: true }), [])) {
      const path = join(directory, entry.name);
      if (!skip(path)) (entry.isDirectory() ? directories : others).push(path);
    }
  }
  const copyNext = async (): Promise<void> => {
    for (let path = others.pop(); path !== undefined; path = others.pop()) {
      signal?.throwIfAborted();
      await unlessGone(copyOne(join(from, path), join(to, path), account), undefined);
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, copyNext));
}

async function copyOne(from: string, to: string, account: Account | null): Promise<void> {
  if ((await lstat(from)).isSymbolicLink()) return symlink(await readlink(from), to);
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  if (account !== null) await chown(to, account.uid, account.gid);
}

async function unlessGone<T>(work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
