import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import { covers, type Positions } from '../../freshness/positions.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Pause } from '../../lib/pause.ts';
import type { ReplicatedSource } from './replicated-source.ts';
import type { WaiterLimit } from './waiter-limit.ts';

/** Between the beginnings of two queries, whatever the number of waiters: well above a round trip. */
const LEAST_MS = 5;
/** How long an answer may take beyond a deadline: well above a round trip on a busy machine. */
const ANSWER_MS = 500;
/** Between two queries while nothing arrives: well below a heartbeat. */
const MOST_MS = 40;

export interface Wait {
  readonly positions: Positions;
  /** On the clock. The source is queried at least once after the wait has begun; one that does not answer is not waited for. */
  readonly deadline: number;
  readonly tenant: TenantId;
  /** Ends the wait with its reason. */
  readonly signal: AbortSignal;
}

/** CROWDED: not reached at the first query, and too many other reads are waiting. */
export type Arrival = 'REACHED' | 'LATE' | 'CROWDED';

interface Waiter extends Wait {
  /** Whether a query has been sent since it arrived. */
  isAsked: boolean;
  /** Whether it counts for the limit: it waits for more than the first answer. */
  isCounted: boolean;
  readonly resolve: (arrival: Arrival) => void;
  readonly reject: (reason: unknown) => void;
}

export interface PositionWatchOptions {
  readonly source: Pick<ReplicatedSource, 'positions'>;
  readonly limit: WaiterLimit;
  readonly clock: Clock;
  readonly pause: Pause;
}

/**
 * Waits for the positions of one source on behalf of all reads: one query at a time while any read waits, and none otherwise.
 * PostgreSQL 18 has no statement that waits for a position.
 */
export class PositionWatch {
  readonly #options: PositionWatchOptions;
  readonly #waiters = new Set<Waiter>();
  #isRunning = false;
  /** Ends the pause between two queries. */
  #nap = new AbortController();

  constructor(options: PositionWatchOptions) {
    this.#options = options;
  }

  /** Reads that wait now. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Once it is REACHED, everything read from the source afterwards includes the positions.
   * @throws the signal's reason as soon as it is aborted, or what the source throws.
   */
  async reach(wait: Wait): Promise<Arrival> {
    wait.signal.throwIfAborted();
    return new Promise<Arrival>((resolve, reject) => {
      const abort = () => settle(() => reject(wait.signal.reason));
      const settle = (how: () => void) => {
        if (!this.#waiters.delete(waiter)) return;
        if (waiter.isCounted) this.#options.limit.leave(wait.tenant);
        wait.signal.removeEventListener('abort', abort);
        clearTimeout(timer);
        how();
      };
      const waiter: Waiter = {
        ...wait,
        isAsked: false,
        isCounted: false,
        resolve: (arrival) => settle(() => resolve(arrival)),
        reject: (reason) => settle(() => reject(reason)),
      };
      // Only if the source hangs: otherwise the answer to a query ends the wait.
      const leftMs = Math.max(0, wait.deadline - this.#options.clock.now());
      const timer = setTimeout(() => waiter.resolve('LATE'), leftMs + ANSWER_MS);
      this.#waiters.add(waiter);
      wait.signal.addEventListener('abort', abort, { once: true });
      this.#nap.abort();
      if (!this.#isRunning) void this.#run();
    });
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { clock, pause } = this.#options;
    this.#isRunning = true;
    let interval = LEAST_MS;
    while (this.#waiters.size > 0) {
      this.#nap = new AbortController();
      const askedAt = clock.now();
      const hasProgressed = await this.#ask();
      if (this.#waiters.size === 0) break;
      interval = hasProgressed ? LEAST_MS : Math.min(2 * interval, MOST_MS);
      // A waiter that has arrived in the meantime has ended the nap already.
      await pause(Math.min(interval, this.#untilDeadline()), this.#nap.signal).catch(() => {});
      const early = askedAt + LEAST_MS - clock.now();
      if (early > 0) await pause(early, new AbortController().signal);
    }
    this.#isRunning = false;
  }

  /** @returns whether a waiter has been served, or has come since. */
  async #ask(): Promise<boolean> {
    const { source, clock, limit } = this.#options;
    const asked = [...this.#waiters];
    for (const waiter of asked) waiter.isAsked = true;
    const shards = new Set<ShardId>(asked.flatMap(({ positions }) => [...positions.keys()]));
    let reached: Positions;
    try {
      reached = await source.positions([...shards]);
    } catch (error) {
      for (const waiter of asked) waiter.reject(error);
      return true;
    }
    let hasProgressed = false;
    for (const waiter of this.#waiters) {
      if (covers(reached, waiter.positions)) waiter.resolve('REACHED');
      else if (!waiter.isAsked) hasProgressed = true;
      else if (clock.now() >= waiter.deadline) waiter.resolve('LATE');
      else if (!waiter.isCounted) {
        waiter.isCounted = limit.enter(waiter.tenant);
        if (!waiter.isCounted) waiter.resolve('CROWDED');
        continue;
      } else continue;
      hasProgressed = true;
    }
    return hasProgressed;
  }

  #untilDeadline(): number {
    const nearest = Math.min(...[...this.#waiters].map(({ deadline }) => deadline));
    return Math.max(0, nearest - this.#options.clock.now());
  }
}
