/** How fast a shard is compared while `replicate` runs. */
export interface Pace {
  /** Longest time for which a difference may go unseen, in milliseconds. */
  readonly periodMs: number;
  readonly minRowsPerSecond: number;
  readonly maxRowsPerSecond: number;
  /** After a chunk, at least this many times its duration is left to others: what is slow under load is done less often. */
  readonly rest: number;
}

/**
 * Passes begin this often. All entities have been compared since the last complete pass began, which is at most the time between
 * two passes plus the duration of one: half the period each.
 */
export function passIntervalMs({ periodMs }: Pace): number {
  return periodMs / 2;
}

/** A pass is planned to leave this part of its time unused, for what delays it. */
const RESERVE = 0.1;

/**
 * The pause after a chunk, in milliseconds.
 * @param entities of the chunk.
 * @param tookMs how long it took.
 * @param left what is left of the pass: entities, null if that is not known, and the time since the pass began.
 */
export function pauseAfter(
  pace: Pace,
  entities: number,
  tookMs: number,
  left: { readonly entities: number | null; readonly elapsedMs: number },
): number {
  const leftMs = passIntervalMs(pace) * (1 - RESERVE) - left.elapsedMs;
  const needed = left.entities === null || leftMs <= 0 ? pace.maxRowsPerSecond : (left.entities / leftMs) * 1_000;
  const rate = Math.min(Math.max(needed, pace.minRowsPerSecond), pace.maxRowsPerSecond);
  return Math.max((entities / rate) * 1_000 - tookMs, pace.rest * tookMs);
}
