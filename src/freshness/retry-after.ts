import type { SourceProgress } from './source-progress.ts';

/** What is known of one replicated source of one shard when it has missed a requirement. */
export interface MissedSource {
  /** Upper bound in milliseconds; null if it is unknown. */
  readonly lagMs: number | null;
  /** Null if too little is known. */
  readonly progress: SourceProgress | null;
}

/** What a client may be told, in milliseconds. */
export interface RetryLimits {
  /** The period of the heartbeats: no source can look fresher before the next one arrives. */
  readonly leastMs: number;
  /** Of a source of which nobody can say when it will do: it does not answer, stands still, or keeps its distance. */
  readonly mostMs: number;
}

/** A source that catches up by less than a tenth of the time that passes cannot be told from one that keeps its distance. */
const LEAST_GAIN = 0.1;

/** A source that applies at least half of the primary's time is alive, and may only miss its bound by where its heartbeats fall. */
const ALIVE = 0.5;

/**
 * When a source will be within a bound, in milliseconds from now, if it goes on as it does; null if it will not, or if nothing
 * is known.
 */
export function untilWithin({ lagMs, progress }: MissedSource, maxLagMs: number, heartbeatMs: number): number | null {
  if (lagMs !== null && lagMs <= maxLagMs) return 0;
  if (progress === null) return null;
  const isAlive = progress.rate >= ALIVE;
  if (lagMs === null) return isAlive ? 0 : null;
  const excess = lagMs - maxLagMs;
  // Its lag rises and falls by a heartbeat all the time.
  if (isAlive && excess <= heartbeatMs) return 0;
  const gain = progress.rate - 1;
  return gain < LEAST_GAIN ? null : excess / gain;
}

/**
 * When a source will have reached a position, in milliseconds from now, if it goes on as it does; null if it will not, or if
 * nothing is known. It is there once it has applied the bytes in between, and at the latest once it has applied the primary's
 * time up to now, because the position was written before. On an idle shard the bytes alone would overestimate it.
 */
export function untilReached({ lagMs, progress }: MissedSource, position: bigint): number | null {
  if (progress === null) return null;
  const { rate, bytesPerMs } = progress;
  const estimates: number[] = [];
  if (progress.position !== null) {
    const missing = Number(position - progress.position);
    if (missing <= 0) return 0;
    if (bytesPerMs > 0) estimates.push(missing / bytesPerMs);
  }
  if (lagMs !== null && rate >= LEAST_GAIN) estimates.push(lagMs / rate);
  return estimates.length === 0 ? null : Math.min(...estimates);
}

/** All of them must do: a statement on ClickHouse reads several shards. Null if one of them never will. */
export function untilAll(estimates: readonly (number | null)[]): number | null {
  return estimates.reduce((a, b) => (a === null || b === null ? null : Math.max(a, b)), 0);
}

/** One of them will do, as of several replicas. Null if none will. */
export function untilAny(estimates: readonly (number | null)[]): number | null {
  const known = estimates.filter((estimate) => estimate !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** `extensions.retryAfterMs`: a whole number from `leastMs` to `mostMs`, and never more than `mostMs`. */
export function retryAfterMs(estimate: number | null, { leastMs, mostMs }: RetryLimits): number {
  const wanted = estimate === null ? mostMs : Math.ceil(Math.max(estimate, leastMs));
  return Math.min(wanted, mostMs);
}
