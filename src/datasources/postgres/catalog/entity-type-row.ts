import type { PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import type { Author } from '../../../domain/caller.ts';
import type { RevisedType } from '../../../domain/catalog/described-types.ts';

/** Recorded in atlas.audit too. Under the lock of the catalog. @param description Null removes it. */
export async function describeType(
  session: PostgresSession,
  { tenantId, subject }: Author,
  type: string,
  description: string | null,
): Promise<RevisedType> {
  const [row] = await session.query<{ revision: string }>({
    name: 'catalog_describe_type',
    tenant: tenantId,
    text: `WITH described AS (
      INSERT INTO atlas.entity_type (tenant_id, type, description) VALUES ($1, $2, $3)
      ON CONFLICT (tenant_id, type) DO UPDATE SET description = excluded.description
      RETURNING revision
    ), audited AS (
      INSERT INTO atlas.audit (tenant_id, at, subject, operation)
      SELECT $1, clock_timestamp(), $4, 'DESCRIBE_ENTITY_TYPE' FROM described
    )
    SELECT revision FROM described`,
    values: [tenantId, type, description, subject],
  });
  if (row === undefined) throw new Error(`Entity type ${type} was not described`);
  return { tenantId, type, description, revision: Number(row.revision) };
}
