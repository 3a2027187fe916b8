import { setTimeout as delay } from 'node:timers/promises';

const FIRST_MS = 100;
const LONGEST_MS = 5_000;

/** Waits longer from one failure to the next, and starts over after a success. */
export class Backoff {
  #nextMs = FIRST_MS;

  /** Resolves early where the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(ms * 2, LONGEST_MS);
    await delay(ms, undefined, { signal }).catch(() => {});
  }

  reset(): void {
    this.#nextMs = FIRST_MS;
  }
}
