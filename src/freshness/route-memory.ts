import type { ShardId } from '../domain/identifiers.ts';
import type { Clock } from '../lib/clock.ts';
import type { DataSource } from './freshness.ts';

/**
 * A source that missed a bound is not asked first again for this long. Four probes fall into it by default: one good one proves
 * little, and a lag that swings around a bound of a second crosses it several times.
 */
const HOLD_MS = 1_000;

/**
 * Afterwards it is asked first again if its lag is at most this part of the bound: it can then not be back over the bound at
 * once, since a lag grows by no more than the time that passes.
 */
const CLEARLY_WITHIN = 0.8;

/** A source that has not missed the bound for this long need not be clearly within it: it may stay at 90 % for ever. */
const MEMORY_MS = 30_000;

/** Lags are remembered as the largest of each second, so the memory of one source is constant. */
const BUCKET_MS = 1_000;
const BUCKETS = MEMORY_MS / BUCKET_MS + 1;

/**
 * Remembers how far sources have lagged, so that reads do not change their source with every swing of a lag around their bound. It only
 * chooses the source that is asked first; what an answer is worth is measured by the answer.
 */
export class RouteMemory {
  readonly #clock: Clock;
  readonly #peaks = new Map<string, RecentPeaks>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Remembers what a probe or a read found. An unknown lag says nothing.
   * @param replica its place in the configuration; any one number for ClickHouse.
   */
  observe(shard: ShardId, source: DataSource, replica: number, lagMs: number | null): void {
    if (lagMs === null) return;
    const key = keyOf(shard, source, replica);
    let peaks = this.#peaks.get(key);
    if (peaks === undefined) {
      peaks = new RecentPeaks();
      this.#peaks.set(key, peaks);
    }
    peaks.observe(lagMs, this.#clock.now());
  }

  /**
   * Whether a source that is within a bound now was over it so recently that another one should be asked first.
   * @param lagMs what is known of it now.
   */
  isHeld(shard: ShardId, source: DataSource, replica: number, lagMs: number | null, maxLagMs: number): boolean {
    const peaks = this.#peaks.get(keyOf(shard, source, replica));
    if (peaks === undefined || lagMs === null) return false;
    const now = this.#clock.now();
    if (peaks.since(now - MEMORY_MS) <= maxLagMs) return false;
    return lagMs > maxLagMs * CLEARLY_WITHIN || peaks.since(now - HOLD_MS) > maxLagMs;
  }
}

function keyOf(shard: ShardId, source: DataSource, replica: number): string {
  return `${shard}/${source}/${replica}`;
}

/** The largest lag of each of the last seconds. */
class RecentPeaks {
  readonly #peaks = new Float64Array(BUCKETS);
  /** The second, since the epoch, that each place stands for. */
  readonly #seconds = new Float64Array(BUCKETS).fill(Number.NEGATIVE_INFINITY);

  observe(lagMs: number, now: number): void {
    const second = Math.floor(now / BUCKET_MS);
    const place = second % BUCKETS;
    const isSame = this.#seconds[place] === second;
    this.#peaks[place] = isSame ? Math.max(this.#peaks[place] ?? 0, lagMs) : lagMs;
    this.#seconds[place] = second;
  }

  /** The largest since a moment, or since up to a second before it; negative if nothing was observed. */
  since(moment: number): number {
    const first = Math.floor(moment / BUCKET_MS);
    let peak = -1;
    for (let place = 0; place < BUCKETS; place++) {
      if ((this.#seconds[place] ?? 0) >= first) peak = Math.max(peak, this.#peaks[place] ?? 0);
    }
    return peak;
  }
}
