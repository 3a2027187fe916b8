import { relative, resolve } from 'node:path';

/** The path as a person writes it: relative if it is below the working directory. */
export function shownPath(path: string): string {
  const below = relative(process.cwd(), path);
  return below === '' || below.startsWith('..') ? resolve(path) : below;
}
