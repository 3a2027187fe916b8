import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * A path beside `path` under which to make what is renamed to `path` once it is complete. So whatever is under `path` is
 * complete, and what an interrupted process left half made is removed here. The name is this process's own: an
 * interrupted process's program may still be writing.
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
