import type { Placement, ShardEndpoints } from '../domain/shard.ts';

/**
 * What must not change while entities are stored: under hash placement the shards' number and order decide where every
 * entity lives. Ranges say themselves where they begin, and may grow by new ones.
 */
export function describePlacement(shards: readonly Pick<ShardEndpoints, 'id'>[], placement: Placement): string {
  return placement.kind === 'range' ? 'by ranges' : `by hash over ${shards.map(({ id }) => id).join(', ')}`;
}
