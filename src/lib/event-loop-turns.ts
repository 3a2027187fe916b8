import { setImmediate as turn } from 'node:timers/promises';

/** How long work may run before the event loop turns. */
export const SLICE_MS = 4;
/** How long a slice waits for quick work at most, so that slow work goes on whatever else there is: for a sixth of the time. */
const PATIENCE_MS = 20;
/** Work that has been in progress for longer is not quick. */
const QUICK_MS = 30;
const RECHECK_MS = 2;

/**
 * Divides long synchronous work into slices, so that the event loop turns between them, whatever else runs in slices at the same
 * time: after each turn, one piece of work goes on. Quick work, which takes several turns for its statements and its answer, comes
 * first. One instance per process.
 */
export class EventLoopTurns {
  readonly #now: () => number;
  readonly #waiting: (() => void)[] = [];
  /** When each piece of quick work began, oldest first. */
  readonly #quick = new Set<{ readonly since: number }>();
  #startedAt = Number.NEGATIVE_INFINITY;
  #isScheduled = false;
  #waitingSince = 0;
  #recheck: NodeJS.Timeout | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether work should wait for the next turn. */
  get isOver(): boolean {
    return this.#now() - this.#startedAt >= SLICE_MS;
  }

  /** Marks the begin of work that is probably done within milliseconds. @returns what to call at its end; more than once does no harm. */
  beginQuick(): () => void {
    const work = { since: this.#now() };
    this.#quick.add(work);
    return () => {
      this.#quick.delete(work);
      if (this.#quick.size === 0 && this.#recheck !== undefined) this.#turn();
    };
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  /** Waits for the next turn if this one is over. */
  async share(): Promise<void> {
    if (this.isOver) await this.next();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#waitingSince = this.#now();
    this.#turn();
  }

  #turn(): void {
    clearTimeout(this.#recheck);
    this.#recheck = undefined;
    // An immediate that is set while immediates run belongs to the next turn.
    setImmediate(() => this.#goOn());
  }

  #goOn(): void {
    if (this.#givesWay()) {
      this.#recheck = setTimeout(() => this.#turn(), RECHECK_MS);
      return;
    }
    this.#isScheduled = false;
    this.#startedAt = this.#now();
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) this.#schedule();
  }

  #givesWay(): boolean {
    const now = this.#now();
    for (const work of this.#quick) {
      if (now - work.since < QUICK_MS) break;
      this.#quick.delete(work);
    }
    return this.#quick.size > 0 && now - this.#waitingSince < PATIENCE_MS;
  }
}

export const eventLoopTurns = new EventLoopTurns();

/** How one request takes its turns. */
export interface Pace {
  /** Quick work only lets the event loop turn: if it gave way to quick work, it would wait for itself. */
  readonly isQuick: boolean;
  readonly signal: AbortSignal;
}

/**
 * The results of `work` for each item, in order. The event loop turns between items.
 * @throws the signal's reason once it has aborted
 */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
  { isQuick, signal }: Pace,
): Promise<Result[]> {
  const results: Result[] = [];
  // What ran before in this turn is not known.
  let since = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    // Only where it waits: an await takes longer than a small piece of work.
    if (!isQuick) {
      if (eventLoopTurns.isOver) await eventLoopTurns.next();
    } else if (performance.now() - since >= SLICE_MS) {
      await turn();
      since = performance.now();
    }
    signal.throwIfAborted();
    results.push(work(item));
  }
  return results;
}
