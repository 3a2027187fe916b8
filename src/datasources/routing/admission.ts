import { Permits } from '../../connections/permits.ts';
import type { Clock } from '../../lib/clock.ts';

export interface AdmissionOptions {
  /** The reads that may run at once: the connections to the source. */
  readonly size: number;
  /** How long any read waits for a connection, in milliseconds. */
  readonly waitMs: number;
  readonly clock: Clock;
}

/** Part of the newest duration in the average of all. */
const NEWEST = 0.2;

const NO_ROOM = new Error('no room');

/**
 * Admits the reads of one source that pass a token at the rate at which its connections become free, in the order in which their
 * tokens were reached. A source that catches up releases all its waiters at once: in the queue of the pool they would stand
 * before the reads that pass no token, and most would leave it without an answer.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #permits: Permits;
  /** The average duration of a read, in milliseconds; null before the first has ended. */
  #durationMs: number | null = null;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#permits = new Permits(options.size, options.waitMs, () => NO_ROOM);
  }

  /** Reads that have not been admitted yet. */
  get waiting(): number {
    return this.#permits.waiting;
  }

  /** When all that wait now will have been admitted, in milliseconds from now; null if that is not known. */
  get freeInMs(): number | null {
    return this.#durationMs === null ? null : ((this.waiting + 1) * this.#durationMs) / this.#options.size;
  }

  /**
   * @param wait the beginning of the read and the deadline of its token, on the clock. It waits for both, token and connection, until
   * that deadline, or as long as any read waits for a connection, if that is longer.
   * @returns null if there was no room in time.
   * @throws whatever `work` throws, or the signal's reason.
   */
  async run<T>(
    work: () => Promise<T>,
    { startedAt, deadline }: { readonly startedAt: number; readonly deadline: number },
    signal: AbortSignal,
  ): Promise<T | null> {
    const { clock, waitMs } = this.#options;
    const until = Math.max(deadline, startedAt + waitMs);
    try {
      await this.#permits.acquire(signal, Math.max(0, until - clock.now()));
    } catch (error) {
      if (error === NO_ROOM) return null;
      throw error;
    }
    const admittedAt = clock.now();
    try {
      return await work();
    } finally {
      const tookMs = Math.max(0, clock.now() - admittedAt);
      this.#durationMs = this.#durationMs === null ? tookMs : this.#durationMs + NEWEST * (tookMs - this.#durationMs);
      this.#permits.release();
    }
  }
}
