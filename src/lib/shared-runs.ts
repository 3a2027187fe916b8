import { untilAborted } from './abort.ts';

/**
 * Runs that replace each other. Whoever asks while one runs waits for the next, together with all others who do: the one that runs may have begun
 * before what the caller wants to see was written.
 */
export class SharedRuns {
  readonly #work: () => Promise<void>;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Resolves when a run has succeeded that began after this call. @param signal ends the wait, not the run. */
  async join(signal?: AbortSignal): Promise<void> {
    this.#next ??= this.#start(this.#running);
    return untilAborted(this.#next, signal);
  }

  async #start(before: Promise<void> | null): Promise<void> {
    await before?.catch(() => {});
    // Until here, callers may join.
    const run = this.#next;
    this.#next = null;
    this.#running = run;
    try {
      await this.#work();
    } finally {
      if (this.#running === run) this.#running = null;
    }
  }
}
