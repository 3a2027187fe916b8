import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { AtlasError } from '../domain/errors.ts';
import type { RejectedRow } from './import-rows.ts';

/**
 * The rows that an import rejected, one JSON object per line, in `<file>.rejects.ndjson`. The file exists only if rows were
 * rejected; the file of an earlier run is removed.
 */
export class RejectFile {
  readonly path: string;
  #descriptor: number | null = null;

  constructor(imported: string) {
    this.path = `${imported}.rejects.ndjson`;
    rmSync(this.path, { force: true });
  }

  get exists(): boolean {
    return this.#descriptor !== null;
  }

  /** Written immediately, so that many rejected rows do not accumulate in memory. */
  add({ line, ...rejected }: RejectedRow): void {
    this.#descriptor ??= this.#create();
    writeSync(this.#descriptor, `${JSON.stringify({ ...(line === null ? {} : { line }), ...rejected })}\n`);
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
  }

  #create(): number {
    try {
      return openSync(this.path, 'w');
    } catch (cause) {
      throw new AtlasError(
        'BAD_USER_INPUT',
        `Cannot write rejected rows to ${this.path} (${(cause as NodeJS.ErrnoException).code}); copy the file to a writable folder and import it from there.`,
        { cause },
      );
    }
  }
}
