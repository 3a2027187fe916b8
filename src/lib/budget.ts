/**
 * Units that come back evenly over a minute. Whoever finds some left may take more than that: the rest is owed, and comes back first. So
 * nothing is ever too large to be taken, and on average no more is taken than comes back.
 */
export class Budget {
  readonly #perMinute: number;
  #left: number;
  #at: number;

  /** @param now in milliseconds, here and below. */
  constructor(perMinute: number, now: number) {
    this.#perMinute = perMinute;
    this.#left = perMinute;
    this.#at = now;
  }

  take(units: number, now: number): void {
    this.#refill(now);
    this.#left -= units;
  }

  /** Milliseconds until a unit is left; 0 if one is. */
  emptyForMs(now: number): number {
    this.#refill(now);
    return this.#left >= 1 ? 0 : ((1 - this.#left) * 60_000) / this.#perMinute;
  }

  #refill(now: number): void {
    const returned = (Math.max(0, now - this.#at) * this.#perMinute) / 60_000;
    this.#left = Math.min(this.#perMinute, this.#left + returned);
    this.#at = Math.max(this.#at, now);
  }
}
