interface Waiter {
  readonly admit: () => void;
}

/** A number of permits, granted in the order of the requests. */
export class Permits {
  readonly #waiting = new Set<Waiter>();
  readonly #waitMs: number;
  readonly #busy: () => Error;
  #free: number;

  /** @param busy the error of a caller that has waited for `waitMs`, in milliseconds. */
  constructor(size: number, waitMs: number, busy: () => Error) {
    this.#free = size;
    this.#waitMs = waitMs;
    this.#busy = busy;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Every permit acquired must be released once.
   * @param waitMs how long this caller waits; that of all unless given.
   * @throws the error of `busy`, or the signal's reason.
   */
  acquire(signal?: AbortSignal, waitMs = this.#waitMs): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#waiting.delete(waiter);
      };
      const waiter = {
        admit: () => {
          leave();
          resolve();
        },
      };
      const abort = () => {
        leave();
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        leave();
        reject(this.#busy());
      }, waitMs);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiter);
    });
  }

  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free += 1;
    else next.admit();
  }
}
