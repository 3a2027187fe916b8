import type { Watermark } from './freshness.ts';

/**
 * The latest moment, on this process's clock, at which a read's snapshot can have been taken: before its answer arrived,
 * and before the source looked at its own clock.
 *
 * @param observedAt the source's clock just after the snapshot; null where it does not tell.
 * @param clockBehind the most that the source's clock can be behind this process's clock; null: unknown.
 */
export function latestSnapshot(arrivedAt: number, observedAt: number | null, clockBehind: number | null): number {
  if (observedAt === null || clockBehind === null) return arrivedAt;
  return Math.min(arrivedAt, observedAt + clockBehind);
}

/** What rounding can make of a bound that is 0. */
const ROUNDING_MS = 1;

/**
 * Upper bound, in whole milliseconds, on the age of the oldest change that a snapshot can lack; null where nothing
 * bounds it. All changes acknowledged before the heartbeat are in the snapshot, so it lacks nothing older than the time
 * from the heartbeat to the snapshot, both on the primary's clock. A heartbeat later than the snapshot was written
 * before the primary's clock was set back, and bounds nothing.
 *
 * @param snapshotBy latest moment of the snapshot on this process's clock.
 * @param primaryAhead the most that the primary's clock can be ahead of this process's clock; null: unknown.
 */
export function measureLag(
  watermark: Watermark | undefined,
  snapshotBy: number,
  primaryAhead: number | null,
): number | null {
  if (watermark === undefined || watermark.heartbeatAt === null || primaryAhead === null) return null;
  const lagMs = snapshotBy + primaryAhead - watermark.heartbeatAt;
  return lagMs < -ROUNDING_MS ? null : Math.max(0, Math.ceil(lagMs));
}

/** The larger of two lags; an unknown one is larger than any. */
export function worseLag(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}
