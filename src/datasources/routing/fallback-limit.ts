import { Permits } from '../../connections/permits.ts';

export interface FallbackLimitOptions {
  /** The reads that may run on the primary at once although another source should have served them. */
  readonly size: number;
  /** How long a further one waits. */
  readonly waitMs: number;
  /** The statements that wait for a connection to the primary. */
  readonly poolWaiting: () => number;
}

const NO_ROOM = new Error('no room');

/** Reads that fall back to the primary by what they do now. */
export interface FallbackUsage {
  readonly running: number;
  readonly waiting: number;
}

/**
 * Bounds the part of a primary's connections that reads take when they fall back to it. Without it, replicas that lag or are
 * down under load would send all their reads there, and writes and reads that need the primary would wait behind them.
 */
export class FallbackLimit {
  readonly #permits: Permits;
  readonly #poolWaiting: () => number;
  #running = 0;
  readonly #size: number;

  constructor({ size, waitMs, poolWaiting }: FallbackLimitOptions) {
    this.#size = size;
    this.#poolWaiting = poolWaiting;
    this.#permits = new Permits(size, waitMs, () => NO_ROOM);
  }

  /** Whether one more read would wait, for its part of the connections or for any connection at all. */
  get isReached(): boolean {
    return this.#running >= this.#size || this.#poolWaiting() > 0;
  }

  get usage(): FallbackUsage {
    return { running: this.#running, waiting: this.#permits.waiting };
  }

  /** @returns null if there was no room in time. @throws whatever `work` throws, or the signal's reason. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | null> {
    try {
      await this.#permits.acquire(signal);
    } catch (error) {
      if (error === NO_ROOM) return null;
      throw error;
    }
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#permits.release();
    }
  }
}
