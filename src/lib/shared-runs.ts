import { untilAborted } from './abort.ts';

/** A run that is under way. */
interface Run<T> {
  readonly result: Promise<T>;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
}

/**
 * Runs that replace each other. Whoever asks while one runs waits for the next, together with all others who do: the one that runs may have begun
 * before what the caller wants to see was written.
 */
export class SharedRuns<T = void> {
  readonly #work: () => Promise<T>;
  readonly #patienceMs: number;
  #running: Run<T> | null = null;
  #next: Promise<T> | null = null;

  /** @param patienceMs a run that takes longer is not waited for by the next one, which may have other luck; no limit unless given. */
  constructor(work: () => Promise<T>, patienceMs = Number.POSITIVE_INFINITY) {
    this.#work = work;
    this.#patienceMs = patienceMs;
  }

  /** What a run returns that began after this call. @param signal ends the wait, not the run. */
  join(signal?: AbortSignal): Promise<T> {
    this.#next ??= this.#start();
    return untilAborted(this.#next, signal);
  }

  /**
   * What the run returns that is under way, or one that begins after this call.
   * @param mostMs how long ago the one under way may have begun.
   * @param signal ends the wait, not the run.
   */
  joinRunning(mostMs: number, signal?: AbortSignal): Promise<T> {
    const running = this.#running;
    const isNew = running !== null && performance.now() - running.startedAt < Math.min(mostMs, this.#patienceMs);
    return isNew ? untilAborted(running.result, signal) : this.join(signal);
  }

  async #start(): Promise<T> {
    await this.#free();
    // Until here, callers may join.
    this.#next = null;
    const run = { result: this.#work(), startedAt: performance.now() };
    this.#running = run;
    try {
      return await run.result;
    } finally {
      if (this.#running === run) this.#running = null;
    }
  }

  /** Resolves when no run is under way, or none that is waited for. */
  async #free(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    const ended = running.result.then(
      () => {},
      () => {},
    );
    const leftMs = this.#patienceMs - (performance.now() - running.startedAt);
    if (leftMs === Number.POSITIVE_INFINITY) return ended;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, leftMs);
    });
    await Promise.race([ended, late]);
    clearTimeout(timer);
  }
}
