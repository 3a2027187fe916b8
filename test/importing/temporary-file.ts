import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../support/run-directory.ts';

/** The path of a new file of this name and content, in a folder of its own that the running test removes at its end. */
export function temporaryFile(name: string, content: string | Uint8Array): string {
  const directory = temporaryDirectory('import');
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}
