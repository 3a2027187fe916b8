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
