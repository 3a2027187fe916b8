import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Everything that this run of the tests writes lies in it; see global-setup.ts. */
    runDirectory: string;
  }
}

export function runDirectory(): string {
  return inject('runDirectory');
}

/** A fresh directory that every account may pass through, as Postgres must when the tests run as root. */
export function temporaryDirectory(prefix: string): string {
  mkdirSync(runDirectory(), { recursive: true });
  const directory = mkdtempSync(join(runDirectory(), `${prefix}-`));
  chmodSync(directory, 0o711);
  return directory;
}
