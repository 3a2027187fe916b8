import type { Erasure } from '../../../domain/erasure.ts';
import type { EntityId, ShardId, TenantId } from '../../../domain/identifiers.ts';

/** A row of atlas.erasure, as a query with ERASURE_COLUMNS returns it. */
export interface ErasureRow {
  readonly erasure_id: string;
  readonly tenant_id: TenantId;
  readonly entity_id: EntityId | null;
  readonly requested_at: Date;
  readonly subject: string | null;
  readonly entities: string;
  readonly attribute_rows: string;
  readonly is_gone: boolean;
  readonly clickhouse_rows: string;
  readonly removed_at: Date | null;
  readonly completed_at: Date | null;
}

export const ERASURE_COLUMNS = `erasure_id, tenant_id, entity_id, requested_at, subject, entities, attribute_rows,
  position IS NOT NULL AS is_gone, clickhouse_rows, removed_at, completed_at`;

/** SQL for the end of an erasure on a shard that no copy in ClickHouse follows: it is complete once the shard has no rows. */
export const COMPLETE_WITHOUT_COPY =
  'CASE WHEN (SELECT cdc_publication FROM atlas.shard) IS NULL THEN clock_timestamp() END';

export function erasureOf(shard: ShardId, row: ErasureRow): Erasure {
  return {
    shard,
    id: BigInt(row.erasure_id),
    tenantId: row.tenant_id,
    entityId: row.entity_id,
    requestedAt: row.requested_at,
    subject: row.subject,
    entities: Number(row.entities),
    attributeRows: Number(row.attribute_rows),
    isGoneFromShard: row.is_gone,
    clickhouseRows: Number(row.clickhouse_rows),
    removedAt: row.removed_at,
    completedAt: row.completed_at,
  };
}
