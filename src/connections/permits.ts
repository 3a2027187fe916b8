/** Whoever shares the permits with others, such as a tenant; null: it belongs to nobody, and has no bound of its own. */
export type PermitOwner = number | null;

/** What has come of the waits of those that found no permit free. */
export class PermitWaits {
  granted = 0;
  /** They have waited for too long. */
  timedOut = 0;
  /** Their signals have aborted. */
  aborted = 0;
  /** How long they have waited in total, in milliseconds. */
  ms = 0;
}

interface Waiter {
  readonly owner: PermitOwner;
  readonly admit: () => void;
}

/**
 * A number of permits. One that becomes free goes to the waiting owner that has the fewest, and of equal ones to the one that has waited
 * longest: an owner with many requests does not stand before the others.
 */
export class Permits {
  readonly #waiting = new Set<Waiter>();
  readonly #waitMs: number;
  readonly #busy: () => Error;
  readonly #mostPerOwner: number;
  readonly #held = new Map<number, number>();
  readonly #waits: PermitWaits;
  #free: number;

  /**
   * @param busy the error of a caller that has waited for `waitMs`, in milliseconds.
   * @param mostPerOwner the permits that one owner may have, even if others are free: so the next owner need not wait.
   * @param waits where waits are counted.
   */
  constructor(size: number, waitMs: number, busy: () => Error, mostPerOwner = size, waits = new PermitWaits()) {
    this.#free = size;
    this.#waitMs = waitMs;
    this.#busy = busy;
    this.#mostPerOwner = mostPerOwner;
    this.#waits = waits;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Every permit acquired must be released once, by the same owner.
   * @param waitMs how long this caller waits; that of all unless given.
   * @throws the error of `busy`, or the signal's reason.
   */
  acquire(signal?: AbortSignal, waitMs = this.#waitMs, owner: PermitOwner = null): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#free > 0 && this.#heldBy(owner) < this.#mostPerOwner) {
      this.#take(owner);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const startedAt = performance.now();
      const leave = (outcome: 'granted' | 'timedOut' | 'aborted') => {
        this.#waits[outcome] += 1;
        this.#waits.ms += performance.now() - startedAt;
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#waiting.delete(waiter);
      };
      const waiter = {
        owner,
        admit: () => {
          leave('granted');
          this.#take(owner);
          resolve();
        },
      };
      const abort = () => {
        leave('aborted');
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        leave('timedOut');
        reject(this.#busy());
      }, waitMs);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiter);
    });
  }

  release(owner: PermitOwner = null): void {
    this.#free += 1;
    if (owner !== null) {
      const left = this.#heldBy(owner) - 1;
      if (left > 0) this.#held.set(owner, left);
      else this.#held.delete(owner);
    }
    this.#next()?.admit();
  }

  #next(): Waiter | null {
    let next: Waiter | null = null;
    let fewest = this.#mostPerOwner;
    for (const waiter of this.#waiting) {
      const held = this.#heldBy(waiter.owner);
      if (held >= fewest) continue;
      next = waiter;
      fewest = held;
      if (fewest === 0) break;
    }
    return next;
  }

  #take(owner: PermitOwner): void {
    this.#free -= 1;
    if (owner !== null) this.#held.set(owner, this.#heldBy(owner) + 1);
  }

  #heldBy(owner: PermitOwner): number {
    return owner === null ? 0 : (this.#held.get(owner) ?? 0);
  }
}
