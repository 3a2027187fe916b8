import type { PostgresDatabase, PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import type { AttributeValue } from '../../../domain/catalog/attribute.ts';
import { MATCH_ALL } from '../../../domain/filter/filter.ts';
import type { TenantId } from '../../../domain/identifiers.ts';
import { type ExportedEntity, exportedEntities } from '../exporting/exported-entities.ts';

/** Rows of the audit per statement. */
const BATCH = 1_000;

/** An entity as it is exported: attributes by key. */
export interface KeyedEntity extends Omit<ExportedEntity, 'attributes'> {
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

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
  entities(entities: readonly KeyedEntity[]): Promise<void>;
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
    for await (const rows of exportedEntities(session, { tenantId: tenant, type: null, filter: MATCH_ALL }, signal)) {
      await target.entities(await Promise.all(rows.map((row) => withKeys(row, keyOf))));
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

async function withKeys(row: ExportedEntity, keyOf: (attributeId: string) => Promise<string>): Promise<KeyedEntity> {
  const attributes: Record<string, AttributeValue> = {};
  for (const [id, value] of Object.entries(row.attributes)) attributes[await keyOf(id)] = value;
  return { ...row, attributes };
}
