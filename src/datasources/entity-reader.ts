import type { DistributionCell } from '../domain/analytics.ts';
import type { AttributeDefinition } from '../domain/catalog/attribute.ts';
import type { EntityRecord } from '../domain/entity.ts';
import type { EntityFilter, EntityOrder, PagePosition } from '../domain/filter/filter.ts';
import type { EntityId, TenantId } from '../domain/identifiers.ts';
import type { Measured } from '../freshness/freshness.ts';

/** Which entities a question is about. */
export interface EntitySelection {
  readonly tenantId: TenantId;
  /** Any type where null. */
  readonly type: string | null;
  readonly filter: EntityFilter;
}

export interface EntityPageQuery extends EntitySelection {
  /** The entity id, ascending, always breaks ties. Empty: by entity id. */
  readonly order: readonly EntityOrder[];
  /** Only what lies after (FORWARD) or before (BACKWARD) this position, exclusive. */
  readonly from: PagePosition | null;
  readonly direction: 'FORWARD' | 'BACKWARD';
  readonly limit: number;
}

export interface PositionedEntity {
  readonly entity: EntityRecord;
  readonly position: PagePosition;
}

export interface RangeQuery extends EntitySelection {
  readonly attribute: AttributeDefinition;
}

/** `min` is less than `max`. Groups of a text attribute are its first INDEXED_TEXT_LENGTH code points. */
export interface DistributionQuery extends EntitySelection {
  readonly attribute: AttributeDefinition;
  readonly groupBy: AttributeDefinition | null;
  readonly min: number;
  readonly max: number;
  readonly buckets: number;
  /** More are refused with LIMIT_EXCEEDED. */
  readonly maxCells: number;
}

/**
 * Reads from one source (a shard's primary, one of its replicas, or ClickHouse). Every answer carries the watermark
 * that was measured in the same snapshot as its data. Every engine gives the same answer to the same question over the
 * same data. Errors: SHARD_UNAVAILABLE or ANALYTICS_UNAVAILABLE where the source does not answer, TIMEOUT past its
 * deadline; never a driver's error.
 */
export interface EntityReader {
  /** In no particular order; ids that do not exist are left out. One statement. */
  entitiesById(tenantId: TenantId, ids: readonly EntityId[]): Promise<Measured<readonly EntityRecord[]>>;
  /** At most `limit`, always in the forward order (also when read BACKWARD). One statement. */
  entityPage(query: EntityPageQuery): Promise<Measured<readonly PositionedEntity[]>>;
  count(query: EntitySelection): Promise<Measured<bigint>>;
  /** Smallest and largest value of a number attribute over the selection; null where nothing has it. */
  range(query: RangeQuery): Promise<Measured<{ min: number; max: number } | null>>;
  /** Ordered by group (bytes), then bucket. */
  distribution(query: DistributionQuery): Promise<Measured<readonly DistributionCell[]>>;
}
