import type { Statement } from '../../../connections/postgres/postgres-database.ts';
import type { Author } from '../../../domain/caller.ts';
import type { EntityId } from '../../../domain/identifiers.ts';

/** The statement always returns one row. */
export interface DeletedRow {
  /** Null if the entity did not exist. */
  readonly stored_version: string | null;
  /** False if the version is not the expected one, or if the entity was changed after the snapshot. */
  readonly deleted: boolean;
}

/**
 * Deletes the entity and its rows of entity_attribute. As in the upsert, the entity is deleted only if it is still as the
 * snapshot of the statement shows it, so that no row of entity_attribute is left behind. It is not deleted within the millisecond
 * of its creation, because writers distinguish it from the next entity with its id by the time of creation. The deletion is recorded
 * in atlas.audit.
 */
const TEXT = `
WITH stored AS MATERIALIZED (
  SELECT version, created_at,
    CASE WHEN created_at >= date_trunc('milliseconds', clock_timestamp()) THEN pg_sleep(0.001)::text END AS waited
  FROM atlas.entity WHERE tenant_id = $1 AND entity_id = $2
), deleted AS (
  DELETE FROM atlas.entity e USING stored s
  WHERE e.tenant_id = $1 AND e.entity_id = $2 AND e.version = s.version AND e.created_at = s.created_at
    AND ($3::bigint IS NULL OR s.version = $3)
  RETURNING e.entity_id, e.version
), unindexed AS (
  DELETE FROM atlas.entity_attribute a WHERE a.tenant_id = $1 AND a.entity_id = $2 AND EXISTS (SELECT FROM deleted)
), audited AS (
  INSERT INTO atlas.audit (tenant_id, at, subject, operation, entity_id, old_version)
  SELECT $1, clock_timestamp(), $4, 'DELETE_ENTITY', d.entity_id, d.version FROM deleted d
)
SELECT (SELECT version FROM stored) AS stored_version, EXISTS (SELECT FROM deleted) AS deleted`;

export function deleteStatement(
  { tenantId, subject }: Author,
  id: EntityId,
  expectedVersion: bigint | null,
): Statement {
  const values = [tenantId, id, expectedVersion?.toString() ?? null, subject];
  return { name: 'entity_delete', tenant: tenantId, text: TEXT, values };
}
