/** How far two clocks may drift apart, in ms per ms: each is slewed by at most 500 ppm (adjtimex's limit). */
const DRIFT = 0.001;

/** A remote clock's reading, and our own clock before it was requested and after it arrived, all in ms since the epoch. */
export interface ClockReading {
  readonly sentAt: number;
  readonly remote: number;
  readonly receivedAt: number;
}

/**
 * How far a remote clock can be from ours, trusting neither. It was read after we asked and before its answer arrived, so it is
 * ahead by at most `remote - sentAt` and behind by at most `receivedAt - remote`. A quick round trip gives tight bounds.
 */
export class ClockBound {
  readonly #ahead = new TightestBound();
  readonly #behind = new TightestBound();

  /** @returns whether the reading contradicts earlier ones, so that one of the clocks has been set, or has stood still, since. */
  observe({ sentAt, remote, receivedAt }: ClockReading): boolean {
    const isFurtherAhead = this.#ahead.observe(remote - sentAt, remote - receivedAt, sentAt, receivedAt);
    const isFurtherBehind = this.#behind.observe(receivedAt - remote, sentAt - remote, sentAt, receivedAt);
    return isFurtherAhead || isFurtherBehind;
  }

  /** The most, in ms, that the remote clock can be ahead at `now` (our clock); negative: it is behind. Null before the first reading. */
  maxAhead(now: number): number | null {
    return this.#ahead.at(now);
  }

  /** The most, in ms, that the remote clock can be behind at `now` (our clock); negative: it is ahead. Null before the first reading. */
  maxBehind(now: number): number | null {
    return this.#behind.at(now);
  }
}

/** Keeps the tightest upper bound seen, and widens it by the drift since, until a newer one is tighter. */
class TightestBound {
  #bound: { readonly most: number; readonly since: number } | null = null;

  /** @returns whether a clock was set. */
  observe(most: number, least: number, since: number, now: number): boolean {
    const kept = this.at(now);
    // If the offset must now be beyond the kept bound, a clock has been set, and earlier readings no longer apply.
    const clockWasSet = kept !== null && least > kept;
    if (kept === null || clockWasSet || most + (now - since) * DRIFT <= kept) this.#bound = { most, since };
    return clockWasSet;
  }

  at(now: number): number | null {
    return this.#bound === null ? null : this.#bound.most + (now - this.#bound.since) * DRIFT;
  }
}
