import type { PostgresDatabase } from '../../../connections/postgres/postgres-database.ts';
import type { ShardId, TenantId } from '../../../domain/identifiers.ts';

/** What one tenant has on one shard. */
export interface TenantUsage {
  readonly shard: ShardId;
  readonly types: readonly TypeUsage[];
  /** Rows that index filterable attributes. */
  readonly attributeRows: number;
  /** Rows that index the elements of lists. */
  readonly elementRows: number;
  readonly auditEntries: number;
}

export interface TypeUsage {
  readonly type: string;
  readonly entities: number;
  /** Size of the entity rows as they are stored, compressed, without indexes and index rows. */
  readonly bytes: number;
}

const BY_TYPE = `
SELECT type, count(*) AS entities, sum(pg_column_size(entity.*)) AS bytes
FROM atlas.entity WHERE tenant_id = $1 GROUP BY type ORDER BY type`;
const ATTRIBUTE_ROWS = 'SELECT count(*) AS count FROM atlas.entity_attribute WHERE tenant_id = $1';
const ELEMENT_ROWS = 'SELECT count(*) AS count FROM atlas.entity_element WHERE tenant_id = $1';
const AUDIT_ENTRIES = 'SELECT count(*) AS count FROM atlas.audit WHERE tenant_id = $1';

/** Reads every row of the tenant. @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT, or the signal's reason */
export async function readTenantUsage(
  database: PostgresDatabase,
  tenant: TenantId,
  signal: AbortSignal,
): Promise<TenantUsage> {
  const run = <Row extends object>(text: string) => database.query<Row>({ tenant, text, values: [tenant] }, signal);
  const types = await run<{ type: string; entities: string; bytes: string }>(BY_TYPE);
  const [attributeRows] = await run<{ count: string }>(ATTRIBUTE_ROWS);
  const [elementRows] = await run<{ count: string }>(ELEMENT_ROWS);
  const [auditEntries] = await run<{ count: string }>(AUDIT_ENTRIES);
  return {
    shard: database.shard,
    types: types.map(({ type, entities, bytes }) => ({ type, entities: Number(entities), bytes: Number(bytes) })),
    attributeRows: Number(attributeRows?.count ?? 0),
    elementRows: Number(elementRows?.count ?? 0),
    auditEntries: Number(auditEntries?.count ?? 0),
  };
}

/** @param home the shard with the catalog. @returns how many definitions are the tenant's own, retired ones included. */
export async function countDefinitions(home: PostgresDatabase, tenant: TenantId, signal: AbortSignal): Promise<number> {
  const text = 'SELECT count(*) AS count FROM atlas.attribute_definition WHERE tenant_id = $1';
  const [row] = await home.query<{ count: string }>({ tenant, text, values: [tenant] }, signal);
  return Number(row?.count ?? 0);
}
