/** How long work may run before the event loop turns. */
const SLICE_MS = 4;

/**
 * Divides long synchronous work into slices, so that the event loop turns between them, whatever else runs in slices at the same
 * time: after each turn, one piece of work goes on. One instance per process.
 */
export class EventLoopTurns {
  readonly #now: () => number;
  readonly #waiting: (() => void)[] = [];
  #startedAt = Number.NEGATIVE_INFINITY;
  #isScheduled = false;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether work should wait for the next turn. */
  get isOver(): boolean {
    return this.#now() - this.#startedAt >= SLICE_MS;
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
    // An immediate that is set while immediates run belongs to the next turn.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#startedAt = this.#now();
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}

export const eventLoopTurns = new EventLoopTurns();

/**
 * The results of `work` for each item, in order. The event loop turns between items.
 * @throws the signal's reason once it has aborted
 */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
  signal: AbortSignal,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) {
    if (eventLoopTurns.isOver) await eventLoopTurns.next();
    signal.throwIfAborted();
    results.push(work(item));
  }
  return results;
}
