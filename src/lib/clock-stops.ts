/**
 * How far two looks at the same pair of clocks may disagree before one of the clocks is taken to have been set or stopped, in
 * milliseconds. Slewing moves them by far less between two looks.
 */
const TOLERANCE_MS = 5;

/**
 * Notices that the machine was suspended. `systemClock` runs on the monotonic clock, which stands still meanwhile, while the
 * wall clock is set right again. A process that is merely stopped is not noticed, and need not be: its clocks go on.
 */
export class ClockStops {
  readonly #wall: () => number;
  readonly #monotonic: () => number;
  /** Bounds of wall clock minus monotonic clock at the last look. */
  #least: number;
  #most: number;
  #count = 0;

  /** @param wall whole milliseconds, cut off. @param monotonic milliseconds with fractions. */
  constructor(wall: () => number = Date.now, monotonic: () => number = () => performance.now()) {
    this.#wall = wall;
    this.#monotonic = monotonic;
    [this.#least, this.#most] = this.#look();
  }

  /** Looks at the clocks. @returns how often they have been found apart, so that a change means that one of them was set or stopped. */
  count(): number {
    const [least, most] = this.#look();
    if (least > this.#most + TOLERANCE_MS || most < this.#least - TOLERANCE_MS) this.#count += 1;
    this.#least = least;
    this.#most = most;
    return this.#count;
  }

  /** The wall clock is read between two readings of the other, so being interrupted widens the bounds and moves neither past the truth. */
  #look(): [number, number] {
    const before = this.#monotonic();
    const wall = this.#wall();
    const after = this.#monotonic();
    return [wall - after, wall + 1 - before];
  }
}
