import type { PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import type { AttributeDefinition } from '../../../domain/catalog/attribute.ts';

export interface ShardProgress {
  readonly pass: number;
  /** That this pass has looked at. */
  readonly entities: number;
  readonly isComplete: boolean;
}

/** How far the present step of an attribute has come on a shard; null: it has not begun there. */
export async function stepProgress(
  primary: PostgresSession,
  { id, tenantId, storage }: AttributeDefinition,
  signal: AbortSignal,
): Promise<ShardProgress | null> {
  const text = `SELECT pass, entities::float8 AS entities, position IS NOT NULL AS "isComplete"
    FROM atlas.attribute_move WHERE tenant_id = $1 AND attribute_id = $2 AND step = $3`;
  const values = [tenantId, id, storage.steps ?? 0];
  return (await primary.query<ShardProgress>({ tenant: tenantId, text, values }, signal))[0] ?? null;
}
