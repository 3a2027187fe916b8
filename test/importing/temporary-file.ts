import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../support/run-directory.ts';

/** Creates a file in a new directory, which is removed at the end of the current test. @returns its path. */
export function temporaryFile(name: string, content: string | Uint8Array): string {
  const directory = temporaryDirectory('import');
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}
