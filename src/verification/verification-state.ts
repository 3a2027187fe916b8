import type { ShardId } from '../domain/identifiers.ts';
import type { ReplicationHealth } from '../freshness/freshness.ts';
import type { StoredPasses } from './verification-store.ts';
import type { PassTotals } from './verify-shard.ts';

/** What is known about how equal a shard is in ClickHouse. */
export interface ShardVerification {
  readonly health: ReplicationHealth;
  /**
   * Everything has been compared within this time, in milliseconds; null if it is not known, or if there is nothing to compare.
   * Before the first pass over a copy is complete, the age of the copy.
   */
  readonly ageMs: number | null;
  /** Rows that are known to differ. */
  readonly differences: number;
  /** What the last complete pass found; null before the first. */
  readonly completed: PassTotals | null;
}

export interface VerificationState {
  /** Longest time for which a difference may go unseen, in milliseconds. */
  readonly periodMs: number;
  shard(shard: ShardId): ShardVerification;
}

/** A copy's id is at least the time at which it began, in microseconds since the epoch, unless a clock was set back. */
export function copyBeganAt(copyId: bigint): number {
  return Number(copyId / 1_000n);
}

/**
 * Degraded once a difference is known, or once a part of the shard may not have been compared for longer than the period. A copy
 * is as good as a comparison: the period begins with it.
 * @param copyId of the copy that readers see; null if there is none yet, so that there is nothing to compare.
 */
export function judgeVerification(
  copyId: bigint | null,
  { completed, running }: StoredPasses,
  periodMs: number,
  now: number,
): ShardVerification {
  if (copyId === null) return { health: 'HEALTHY', ageMs: null, differences: 0, completed: null };
  const last = completed?.copyId === copyId ? completed : null;
  const current = running?.copyId === copyId ? running : null;
  const since = last?.startedAt ?? copyBeganAt(copyId);
  const known = current !== null && current.foundAt > since ? remaining(current.totals) : 0;
  const differences = Math.max(known, last === null ? 0 : remaining(last.totals));
  const ageMs = Math.max(0, now - since);
  const health = differences > 0 || ageMs > periodMs ? 'DEGRADED' : 'HEALTHY';
  return { health, ageMs, differences, completed: last?.totals ?? null };
}

export const UNKNOWN_VERIFICATION: ShardVerification = {
  health: 'DEGRADED',
  ageMs: null,
  differences: 0,
  completed: null,
};

function remaining({ differences, repaired }: PassTotals): number {
  return differences - repaired;
}
