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

/** What is wrong if a server holds another shard than the configuration says, and what to do about it. */
export function foreignServer(configured: ShardId, role: 'primary' | 'replica', held: ShardId): string {
  return `The ${role} of shard ${configured} in ATLAS_SHARDS is a server of shard ${held}; correct its URL.`;
}

/** The slot on the first shard that feeds this shard's copy of the catalog. A slot's name takes no hyphen. */
export function catalogSlot(shard: ShardId): string {
  return `atlas_catalog_${shard.replaceAll('-', '_')}`;
}
