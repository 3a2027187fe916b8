import { setTimeout as delay } from 'node:timers/promises';

export interface BackoffOptions {
  readonly firstMs?: number;
  readonly longestMs?: number;
  /** From 0 to 1; injected by tests. */
  readonly random?: () => number;
}

/**
 * Delays between retries, without a limit on their number. Each doubles up to the longest, and they start over after a success.
 * Each is shortened by up to half at random, so that processes that failed together do not all retry at the same moment.
 */
export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;
  #nextMs: number;

  constructor({ firstMs = 100, longestMs = 5_000, random = Math.random }: BackoffOptions = {}) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#random = random;
    this.#nextMs = firstMs;
  }

  /** The delay before the next attempt, in milliseconds. */
  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(ms * 2, this.#longestMs);
    return ms * (1 - this.#random() / 2);
  }

  /** Waits for the next delay; resolves early if the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    await delay(this.next(), undefined, { signal }).catch(() => {});
  }

  /** Call it after a success, not after a mere attempt. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
