import type { ConsistencyToken } from './consistency-token.ts';
import type { FreshnessRequirement, ReadFreshness } from './freshness.ts';
import { PREFERRED_SOURCE } from './route.ts';

/**
 * Whether what a read already got is what a further requirement asks for, so that nothing needs to be read again: it is
 * the same requirement, or the read includes the token, its measured lag is within the bound, and it came from the
 * primary where only the primary will do.
 */
export function satisfies(read: ReadFreshness, requirement: FreshnessRequirement): boolean {
  if (sameRequirement(read.requested, requirement)) return true;
  if (read.source === 'PRIMARY') return true;
  return (
    PREFERRED_SOURCE[requirement.class] !== 'PRIMARY' &&
    read.lagMs !== null &&
    read.lagMs <= requirement.maxLagMs &&
    covers(read.requested.after, requirement.after)
  );
}

export function sameRequirement(a: FreshnessRequirement, b: FreshnessRequirement): boolean {
  return (
    a === b ||
    (a.class === b.class &&
      a.maxLagMs === b.maxLagMs &&
      a.fallback === b.fallback &&
      a.maxWaitMs === b.maxWaitMs &&
      covers(a.after, b.after) &&
      covers(b.after, a.after))
  );
}

/** A read after `reached` includes everything that `needed` promises. */
function covers(reached: ConsistencyToken | null, needed: ConsistencyToken | null): boolean {
  if (needed === null || needed === reached) return true;
  for (const [shard, position] of needed.positions) {
    if ((reached?.positions.get(shard) ?? -1n) < position) return false;
  }
  return true;
}
