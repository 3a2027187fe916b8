import { accessSync, chmodSync, constants, mkdirSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { StackError } from '../stack-error.ts';

/**
 * Creates the directory if it does not exist.
 * @returns its absolute path without symbolic links.
 * @throws StackError if it is not a directory or cannot be written.
 */
export function openHome(path: string): string {
  const wanted = resolve(path);
  try {
    // As root, Postgres runs under another account, which must be able to traverse the home, and no more.
    const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
    if (mkdirSync(wanted, { recursive: true }) !== undefined) chmodSync(wanted, mode);
    const home = realpathSync(wanted);
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
    return home;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOTDIR' || code === 'EEXIST' ? 'is not a directory' : `cannot be written (${code})`;
    throw new StackError(
      `The home of the embedded stack, ${wanted}, ${why}.`,
      'Set ATLAS_HOME to a directory that you can write to.',
      error,
    );
  }
}
