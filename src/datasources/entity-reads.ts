import type { DistributionCell } from '../domain/analytics.ts';
import type { AttributeDefinition } from '../domain/catalog/attribute.ts';
import type { EntityRecord } from '../domain/entity.ts';
import type { EntityId, ShardId, TenantId } from '../domain/identifiers.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import type { DistributionQuery, EntityPageQuery, EntitySelection, PositionedEntity } from './entity-reader.ts';

/** An answer and, for each (shard, source) that contributed to it, how fresh that part is. Never empty. */
export interface Routed<T> {
  readonly data: T;
  readonly reads: readonly ReadFreshness[];
}

/**
 * Reads over all shards and sources, routed by freshness: every answer satisfies its requirement, or says that it does
 * not (`stale`), or is an AtlasError FRESHNESS_UNAVAILABLE | SHARD_UNAVAILABLE | ANALYTICS_UNAVAILABLE | TIMEOUT.
 */
export interface EntityReads {
  /** All `ids` live on `shard`. */
  entitiesById(
    tenantId: TenantId,
    shard: ShardId,
    ids: readonly EntityId[],
    requirement: FreshnessRequirement,
  ): Promise<Routed<readonly EntityRecord[]>>;
  entityPage(query: EntityPageQuery, requirement: FreshnessRequirement): Promise<Routed<readonly PositionedEntity[]>>;
  count(query: EntitySelection, requirement: FreshnessRequirement): Promise<Routed<bigint>>;
  range(
    query: EntitySelection & { readonly attribute: AttributeDefinition },
    requirement: FreshnessRequirement,
  ): Promise<Routed<{ min: number; max: number } | null>>;
  distribution(
    query: DistributionQuery,
    requirement: FreshnessRequirement,
  ): Promise<Routed<readonly DistributionCell[]>>;
}
