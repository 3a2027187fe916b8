import type { PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import type { AuditOperation } from '../../../domain/audit.ts';
import type { Author } from '../../../domain/caller.ts';
import type {
  AttributeDefinition,
  AttributeId,
  AttributeRules,
  AttributeType,
  HotColumn,
} from '../../../domain/catalog/attribute.ts';
import type { AttributeAccess } from '../../../domain/catalog/attribute-access.ts';
import type { ChangedDefinition } from '../../../domain/catalog/attribute-change.ts';
import type { AttributeStorage } from '../../../domain/catalog/attribute-storage.ts';
import type { CatalogChange } from '../../../domain/catalog/catalog-snapshot.ts';
import type { RevisedType } from '../../../domain/catalog/described-types.ts';
import type { DefinitionToInsert } from '../../../domain/catalog/plan-definitions.ts';
import type { RevisedDefinition } from '../../../domain/catalog/tenant-definitions.ts';
import type { TenantId } from '../../../domain/identifiers.ts';

interface DefinitionRow {
  attribute_id: AttributeId;
  tenant_id: TenantId;
  key: string;
  type: AttributeType;
  description: string | null;
  entity_types: string[];
  filterable: boolean;
  exposed: boolean;
  hot_column: HotColumn | null;
  rules: AttributeRules;
  access: AttributeAccess;
  key_salt: string | null;
  retired_at: Date | null;
  created_at: Date;
  updated_at: Date;
  version: number;
  storage: AttributeStorage;
  revision: string;
}

const COLUMNS = `attribute_id, tenant_id, key, type, description, entity_types, filterable, exposed, hot_column, rules,
  access, key_salt, retired_at, created_at, updated_at, version, storage, revision`;

/** Has null in all columns that DefinitionRow has and this one lacks. */
interface TypeRow extends Pick<DefinitionRow, 'tenant_id' | 'key' | 'description' | 'revision'> {
  attribute_id: null;
}

const TYPE_COLUMNS = COLUMNS.replace(/\w+/g, (column) => {
  if (column === 'key') return 'type';
  return ['tenant_id', 'description', 'revision'].includes(column) ? column : 'NULL';
});

/**
 * All changes of all tenants after `revision`, in order of revision. One statement, so one snapshot: otherwise a change could be missed whose revision is smaller
 * than one that the other table shows.
 */
export async function selectChanges(session: PostgresSession, revision: number): Promise<CatalogChange[]> {
  const rows = await session.query<DefinitionRow | TypeRow>({
    name: 'catalog_changes',
    tenant: 'all',
    text: `SELECT ${COLUMNS} FROM atlas.attribute_definition WHERE revision > $1
      UNION ALL SELECT ${TYPE_COLUMNS} FROM atlas.entity_type WHERE revision > $1 ORDER BY revision`,
    values: [revision],
  });
  return rows.map((row) => (row.attribute_id === null ? revisedType(row) : revisedDefinition(row)));
}

function revisedType({ tenant_id: tenantId, key: type, description, revision }: TypeRow): RevisedType {
  return { tenantId, type, description, revision: Number(revision) };
}

/** The lock that the triggers of the table take for every change; see atlas.lock_catalog. */
const CATALOG_LOCK = 7_274_692_022;

/** Waits for other changes of the catalog to end, and excludes them until the transaction ends. */
export async function lockCatalog(session: PostgresSession): Promise<void> {
  await session.query({ text: 'SELECT pg_advisory_xact_lock($1)', values: [CATALOG_LOCK] });
}

/**
 * Recorded in atlas.audit too, as a write of the author's tenant, whoever the definitions are for. Call it in a transaction.
 * @param owner The author's tenant, or SHARED_TENANT.
 */
export async function insertDefinitions(
  session: PostgresSession,
  { tenantId, subject }: Author,
  owner: TenantId,
  definitions: readonly DefinitionToInsert[],
): Promise<RevisedDefinition[]> {
  const rows = await session.query<DefinitionRow>({
    name: 'catalog_insert',
    tenant: owner,
    text: `INSERT INTO atlas.attribute_definition
        (tenant_id, key, type, description, entity_types, filterable, exposed, hot_column, rules, access, key_salt)
      SELECT $1, d.key, d.type, d.description, d."entityTypes", d.filterable, d.exposed, d."hotColumn", d.rules, d.access,
        CASE WHEN d."unique" THEN gen_random_uuid() END
      FROM jsonb_to_recordset($2::jsonb) AS d (key text, type text, description text, "entityTypes" text[],
        filterable boolean, exposed boolean, "hotColumn" text, rules jsonb, access jsonb, "unique" boolean)
      RETURNING ${COLUMNS}`,
    values: [owner, JSON.stringify(definitions)],
  });
  await session.query({
    name: 'catalog_audit',
    tenant: tenantId,
    text: `INSERT INTO atlas.audit (tenant_id, at, subject, operation, attribute_id)
      SELECT $1, clock_timestamp(), $2, 'DEFINE_ATTRIBUTE', attribute_id FROM unnest($3::integer[]) attribute_id`,
    values: [tenantId, subject, rows.map(({ attribute_id }) => attribute_id)],
  });
  return rows.map(revisedDefinition);
}

/** Recorded in atlas.audit too, as the operation. Under the lock of the catalog. */
export async function updateDefinition(
  session: PostgresSession,
  { tenantId, subject }: Author,
  operation: AuditOperation,
  { id, isRetired, ...properties }: ChangedDefinition,
): Promise<RevisedDefinition> {
  const rows = await session.query<DefinitionRow>({
    name: 'catalog_update',
    tenant: tenantId,
    text: `WITH changed AS (
      UPDATE atlas.attribute_definition a SET description = d.description, entity_types = d."entityTypes", exposed = d.exposed,
        rules = d.rules, access = d.access, filterable = d.filterable, hot_column = d."hotColumn", storage = d.storage, version = a.version + 1,
        retired_at = CASE WHEN $5 THEN coalesce(a.retired_at, clock_timestamp()) END
      FROM jsonb_to_record($3::jsonb) AS d (description text, "entityTypes" text[], exposed boolean, rules jsonb, access jsonb,
        filterable boolean, "hotColumn" text, storage jsonb)
      WHERE a.tenant_id = $1 AND a.attribute_id = $2
      RETURNING a.*
    ), audited AS (
      INSERT INTO atlas.audit (tenant_id, at, subject, operation, attribute_id)
      SELECT $1, clock_timestamp(), $4, $6, attribute_id FROM changed
    )
    SELECT ${COLUMNS} FROM changed`,
    values: [tenantId, id, JSON.stringify(properties), subject, isRetired, operation],
  });
  const [row] = rows;
  if (row === undefined) throw new Error(`Attribute ${id} is not in the catalog any more`);
  return revisedDefinition(row);
}

/** What holds once a step is complete. */
export type SettledStep = Pick<AttributeDefinition, 'storage' | 'filterable' | 'hotColumn'>;

/**
 * Brings an attribute to the next step, unless someone else has. Not a change by a caller: its version stays.
 * @returns null if the step is over.
 */
export async function settleStep(
  session: PostgresSession,
  { id, tenantId, storage }: AttributeDefinition,
  { storage: next, filterable, hotColumn }: SettledStep,
): Promise<RevisedDefinition | null> {
  const rows = await session.query<DefinitionRow>({
    tenant: tenantId,
    text: `UPDATE atlas.attribute_definition SET storage = $4::jsonb, filterable = $5, hot_column = $6
      WHERE tenant_id = $1 AND attribute_id = $2 AND storage = $3::jsonb RETURNING ${COLUMNS}`,
    values: [tenantId, id, JSON.stringify(storage), JSON.stringify(next), filterable, hotColumn],
  });
  return rows.map(revisedDefinition)[0] ?? null;
}

function revisedDefinition(row: DefinitionRow): RevisedDefinition {
  return {
    revision: Number(row.revision),
    definition: {
      id: row.attribute_id,
      tenantId: row.tenant_id,
      key: row.key,
      type: row.type,
      description: row.description,
      entityTypes: row.entity_types,
      filterable: row.filterable,
      exposed: row.exposed,
      hotColumn: row.hot_column,
      rules: row.rules,
      access: row.access,
      keySalt: row.key_salt,
      retiredAt: row.retired_at,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      version: row.version,
      storage: row.storage,
    },
  };
}
