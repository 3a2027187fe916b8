import type { Watermark } from './freshness.ts';

/** When a read was sent and answered on this process's clock, and what the source's clock said just after the snapshot. */
export interface ReadMoments {
  readonly sentAt: number;
  readonly arrivedAt: number;
  /** Null if the source does not report it. */
  readonly observedAt: number | null;
}

/**
 * The latest moment, on this process's clock, at which a read's snapshot can have been taken: before its answer arrived,
 * and before the source looked at its own clock. If the clock of the source dates it before the read was sent, that clock has
 * been set back since it was compared with ours, and is ignored.
 *
 * @param clockBehind the most that the source's clock can be behind this process's clock; null: unknown.
 */
export function latestSnapshot({ sentAt, arrivedAt, observedAt }: ReadMoments, clockBehind: number | null): number {
  if (observedAt === null || clockBehind === null) return arrivedAt;
  const lookedBy = observedAt + clockBehind;
  return lookedBy < sentAt ? arrivedAt : Math.min(arrivedAt, lookedBy);
}

/** How far rounding can move a bound of 0. */
const ROUNDING_MS = 1;

/**
 * Upper bound, in whole milliseconds, on the age of the oldest change that a snapshot can lack; null if nothing
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

/**
 * The moment, on the primary's clock, before which everything committed is in a snapshot: its heartbeat; null if there
 * is none, or if it is later than the snapshot, since that clock will pass those moments a second time.
 *
 * @param snapshotBy as for `measureLag`.
 * @param primaryAhead as for `measureLag`; null: the heartbeat is trusted.
 */
export function completeUntil(
  watermark: Watermark | undefined,
  snapshotBy: number,
  primaryAhead: number | null,
): number | null {
  const isFromFuture = primaryAhead !== null && measureLag(watermark, snapshotBy, primaryAhead) === null;
  return isFromFuture ? null : (watermark?.heartbeatAt ?? null);
}

/** Whether a lag is larger than another. An unknown one is larger than any. */
export function isWorseLag(a: number | null, b: number | null): boolean {
  return b !== null && (a === null || a > b);
}

export function worseLag(a: number | null, b: number | null): number | null {
  return isWorseLag(a, b) ? a : b;
}

/** The earlier of two moments; null, which is unknown, if either is. ISO 8601 texts must have one offset and precision. */
export function older<Moment extends number | string | Date>(a: Moment | null, b: Moment | null): Moment | null {
  if (a === null || b === null) return null;
  return a < b ? a : b;
}
