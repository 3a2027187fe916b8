import { chown, constants, copyFile, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account.ts';

/**
 * Copies a directory, owned by `account`. Files that vanish while it runs are left out, as a copy of a running server's
 * data directory requires.
 * @param skip paths relative to `from`.
 */
export async function copyTree(
  from: string,
  to: string,
  options: { account: Account | null; skip?: (path: string) => boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  const { account, skip = () => false, signal } = options;
  const own = async (path: string) => {
    if (account !== null) await chown(path, account.uid, account.gid);
  };
  const copyDirectory = async (path: string): Promise<void> => {
    await mkdir(join(to, path), { mode: (await lstat(join(from, path))).mode });
    await own(join(to, path));
    for (const entry of await readdir(join(from, path), { withFileTypes: true })) {
      signal?.throwIfAborted();
      const child = path === '' ? entry.name : join(path, entry.name);
      if (skip(child)) continue;
      try {
        if (entry.isDirectory()) await copyDirectory(child);
        else if (entry.isSymbolicLink()) await symlink(await readlink(join(from, child)), join(to, child));
        else if (entry.isFile()) {
          await copyFile(join(from, child), join(to, child), constants.COPYFILE_FICLONE);
          await own(join(to, child));
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  };
  await copyDirectory('');
}
