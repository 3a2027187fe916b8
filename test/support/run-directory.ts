import { chmodSync, mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Contains everything this test run writes; see test-run.ts. */
    runDirectory: string;
  }
}

const MEMORY = '/dev/shm';
/** A run needs a few hundred MB. */
const ENOUGH_MEMORY_BYTES = 8 * 2 ** 30;

/** In memory if enough is available: a cluster is a thousand files, and tests create and remove dozens of clusters. */
export function makeRunDirectory(): string {
  const directory = mkdtempSync(join(memoryIsPlenty() ? MEMORY : tmpdir(), 'atlas-test-'));
  chmodSync(directory, 0o711);
  return directory;
}

/** Not in a memory file system, which may be mounted noexec. */
export function programDirectoryOf(directory: string): string {
  return join(tmpdir(), `${basename(directory)}-programs`);
}

/** Of a program that uses the tests' servers without the test runner. */
let ownDirectory: string | null = null;

/** For such a program, at its start; the test runner provides the directory otherwise. */
export function useRunDirectory(directory: string): void {
  ownDirectory = directory;
}

export function runDirectory(): string {
  return ownDirectory ?? inject('runDirectory');
}

/** Creates a directory that every account can traverse, because Postgres runs under another account if the tests run as root. */
export function temporaryDirectory(prefix: string): string {
  const directory = mkdtempSync(join(runDirectory(), `${prefix}-`));
  chmodSync(directory, 0o711);
  return directory;
}

function memoryIsPlenty(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ENOUGH_MEMORY_BYTES;
  } catch {
    return false;
  }
}
