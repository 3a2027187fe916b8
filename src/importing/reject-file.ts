import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { AtlasError } from '../domain/errors.ts';
import type { RejectedRow } from './import-rows.ts';

/**
 * The rows that an import left out, one JSON object on each line, in `<file>.rejects.ndjson`. There is one only where a
 * row was rejected: that of an earlier run is removed.
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

  /** Written at once: rejects are few, and must not pile up in memory where they are many. */
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
        `Rejected rows cannot be recorded in ${this.path} (${(cause as NodeJS.ErrnoException).code}): copy the file to import into a folder that can be written.`,
        { cause },
      );
    }
  }
}
