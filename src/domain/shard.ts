import type { EntityId, ShardId } from './identifiers.ts';

/** The servers of one shard, as libpq connection URIs. */
export interface ShardEndpoints {
  readonly id: ShardId;
  readonly primary: string;
  readonly replicas: readonly string[];
}

export type Placement =
  | { readonly kind: 'hash' }
  /** Ascending by `from`. The first starts at 1; each ends where the next begins. */
  | { readonly kind: 'range'; readonly ranges: readonly { readonly from: EntityId; readonly shard: ShardId }[] };

/** The slot on the first shard that feeds this shard's copy of the catalog. A slot's name takes no hyphen. */
export function catalogSlot(shard: ShardId): string {
  return `atlas_catalog_${shard.replaceAll('-', '_')}`;
}
