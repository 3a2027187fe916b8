import type { PostgresDatabase, PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import type { AttributeValue } from '../../../domain/catalog/attribute.ts';
import type { TenantId } from '../../../domain/identifiers.ts';

/** Rows per statement. */
const BATCH = 1_000;
/** Of attributes per statement, unless a single entity has more. */
const BATCH_BYTES = 8 * 1024 * 1024;

/** An entity as it is exported: attributes by key. */
export interface ExportedEntity {
  readonly id: string;
  readonly type: string;
  readonly version: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

interface EntityRow extends Omit<ExportedEntity, 'attributes'> {
  /** By attribute id. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

const ENTITIES = `
SELECT id, type, version, "createdAt", "updatedAt", attributes FROM (
  SELECT entity_id AS id, type, version, created_at AS "createdAt", updated_at AS "updatedAt", attributes,
    sum(octet_length(attributes::text)) OVER (ORDER BY entity_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM (SELECT * FROM atlas.entity WHERE tenant_id = $1 AND entity_id > $2 ORDER BY entity_id LIMIT ${BATCH}) next
) sized WHERE before IS NULL OR before < ${BATCH_BYTES} ORDER BY id`;
const AUDIT = `
SELECT at, audit_id AS id, subject, operation, entity_id AS "entityId", attribute_id AS "attributeId",
  old_version AS "oldVersion", new_version AS "newVersion"
FROM atlas.audit WHERE tenant_id = $1 AND (at, audit_id) > ($2, $3::bigint) ORDER BY at, audit_id LIMIT ${BATCH}`;
const DEFINITIONS = `
SELECT attribute_id AS id, tenant_id = 0 AS shared, key, type, description, entity_types AS "entityTypes", filterable, exposed,
  hot_column IS NOT NULL AS hot, rules, access, key_salt IS NOT NULL AS "unique", retired_at AS "retiredAt", created_at AS "createdAt", updated_at AS "updatedAt"
FROM atlas.attribute_definition WHERE tenant_id IN (0, $1) ORDER BY key, tenant_id`;

const TYPES = `
SELECT type, description, updated_at AS "updatedAt" FROM atlas.entity_type WHERE tenant_id = $1 AND description IS NOT NULL ORDER BY type`;

/** A definition with its id and the key that its values are exported under. Other members are exported as they are. */
export interface ExportedDefinition {
  readonly id: number;
  readonly key: string;
}

export interface AuditRow {
  readonly at: Date;
  readonly id: string;
}

/** Receives what a shard has, in the order of ids and times, in batches. */
export interface ExportTarget {
  entities(entities: readonly ExportedEntity[]): Promise<void>;
  audit(rows: readonly AuditRow[]): Promise<void>;
}

/** The definitions that the tenant sees, shared and retired ones included. @param home the shard with the catalog. */
export function readDefinitions(
  home: PostgresDatabase,
  tenant: TenantId,
  signal: AbortSignal,
): Promise<ExportedDefinition[]> {
  return home.query({ tenant, text: DEFINITIONS, values: [tenant] }, signal);
}

/** What the tenant has said about entity types, as it is exported. @param home the shard with the catalog. */
export function readTypeDescriptions(home: PostgresDatabase, tenant: TenantId, signal: AbortSignal): Promise<object[]> {
  return home.query({ tenant, text: TYPES, values: [tenant] }, signal);
}

/**
 * Exports what one shard has of a tenant, in one snapshot, which the server keeps open until the end: dead rows younger than that stay.
 * @param keyOf the key of an attribute; asked again for one defined after the export began.
 * @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT, or the signal's reason
 */
export function exportTenant(
  database: PostgresDatabase,
  tenant: TenantId,
  keyOf: (attributeId: string) => Promise<string>,
  target: ExportTarget,
  signal: AbortSignal,
): Promise<void> {
  const work = async (session: PostgresSession) => {
    for (let last: { readonly id: string } | undefined = { id: '0' }; last !== undefined; ) {
      const values = [tenant, last.id];
      const rows: EntityRow[] = await session.query({ tenant, text: ENTITIES, values }, signal);
      await target.entities(await Promise.all(rows.map((row) => withKeys(row, keyOf))));
      last = rows.at(-1);
    }
    for (let last: AuditRow | undefined = { at: new Date(0), id: '0' }; last !== undefined; ) {
      const values = [tenant, last.at, last.id];
      const rows: AuditRow[] = await session.query({ tenant, text: AUDIT, values }, signal);
      await target.audit(rows);
      last = rows.at(-1);
    }
  };
  return database.transaction(work, 'REPEATABLE READ', signal);
}

async function withKeys(row: EntityRow, keyOf: (attributeId: string) => Promise<string>): Promise<ExportedEntity> {
  const attributes: Record<string, AttributeValue> = {};
  for (const [id, value] of Object.entries(row.attributes)) attributes[await keyOf(id)] = value;
  return { ...row, attributes };
}
