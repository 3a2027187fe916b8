import type { ConsistencyToken } from './consistency-token.ts';
import type { ReadFreshness } from './freshness.ts';
import { furthest } from './positions.ts';

/**
 * The token of what a read shows, and of what it was required to contain: a client that passes on the newest token it has got never
 * sees an earlier state, whatever sources answer. The catalog's revision is that of the requirement.
 */
export function tokenOfRead({ requested: { after }, shows }: ReadFreshness): ConsistencyToken {
  return {
    positions: after === null ? shows : furthest(after.positions, shows),
    catalogRevision: after?.catalogRevision ?? 0,
  };
}
