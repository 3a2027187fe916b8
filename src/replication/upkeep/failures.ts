import { ObjectStoreError } from '../../connections/objects/object-store.ts';

/** So often in a row may the archive's place itself fail before the rest waits for the next run; each may take minutes. */
const MOST_FAILURES = 3;

/** What has failed in one run of upkeep that goes on with what is left. */
export class Failures {
  readonly #all: unknown[] = [];
  #ofPlace = 0;

  /** Whether the archive is not to be asked again in this run. */
  get areTooMany(): boolean {
    return this.#ofPlace >= MOST_FAILURES;
  }

  add(error: unknown): void {
    this.#all.push(error);
    if (error instanceof ObjectStoreError) this.#ofPlace++;
  }

  archiveAnswers(): void {
    this.#ofPlace = 0;
  }

  /** @throws the first, if there was one. */
  throwFirst(): void {
    if (this.#all.length > 0) throw this.#all[0];
  }
}
