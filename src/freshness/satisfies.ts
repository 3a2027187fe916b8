import type { FreshnessRequirement, ReadFreshness } from './freshness.ts';
import { covers, type Positions } from './positions.ts';
import { PREFERRED_SOURCE } from './route.ts';

/**
 * Whether an entity that was read satisfies a further requirement, so that it need not be read again: the requirement is
 * the same, or the read came from the primary, or its measured lag is within the bound and it contains the token.
 */
export function satisfies(read: ReadFreshness, requirement: FreshnessRequirement): boolean {
  if (sameRequirement(read.requested, requirement)) return true;
  if (read.source === 'PRIMARY') return true;
  return (
    PREFERRED_SOURCE[requirement.class] !== 'PRIMARY' &&
    read.lagMs !== null &&
    read.lagMs <= requirement.maxLagMs &&
    covers(read.contains, relevant(requirement.after?.positions ?? NOTHING, read))
  );
}

export function sameRequirement(a: FreshnessRequirement, b: FreshnessRequirement): boolean {
  return (
    a === b ||
    (a.class === b.class &&
      a.maxLagMs === b.maxLagMs &&
      a.fallback === b.fallback &&
      a.maxWaitMs === b.maxWaitMs &&
      samePositions(a.after?.positions ?? NOTHING, b.after?.positions ?? NOTHING))
  );
}

const NOTHING: Positions = new Map();

function samePositions(a: Positions, b: Positions): boolean {
  return a === b || (covers(a, b) && covers(b, a));
}

/** The part of a token that concerns the shard of the read, since an entity lives on one shard. */
function relevant(needed: Positions, { shard }: ReadFreshness): Positions {
  return shard === null ? needed : new Map([...needed].filter(([other]) => other === shard));
}
