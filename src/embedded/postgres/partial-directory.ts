import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * A path next to `path` for a directory that is renamed to `path` once it is complete, so that a directory at `path` is always
 * complete. Removes what interrupted processes left behind. The name contains this process's id, because a program
 * started by an interrupted process may still be writing.
 */
export function newPartial(path: string): string {
  const prefix = `${basename(path)}.partial-`;
  const parent = dirname(path);
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    if (name.startsWith(prefix)) rmSync(join(parent, name), { recursive: true, force: true, maxRetries: 5 });
  }
  return join(parent, `${prefix}${process.pid}`);
}
