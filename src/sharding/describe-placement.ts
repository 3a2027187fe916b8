import type { Placement, ShardEndpoints } from '../domain/shard.ts';

/**
 * Describes the part of the placement that must not change while entities are stored. With hash placement, the number and
 * order of the shards determine where every entity lives. With ranges, new ones may be added.
 */
export function describePlacement(shards: readonly Pick<ShardEndpoints, 'id'>[], placement: Placement): string {
  return placement.kind === 'range' ? 'by ranges' : `by hash over ${shards.map(({ id }) => id).join(', ')}`;
}
