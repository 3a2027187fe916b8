import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import type { PostgresSession } from '../../../src/connections/postgres/postgres-database.ts';
import type { AuditEntry } from '../../../src/domain/audit.ts';
import type { TenantId } from '../../../src/domain/identifiers.ts';

type Entries = readonly (AuditEntry & { readonly tenantId: TenantId })[];

export async function recordInPostgres(database: PostgresSession, entries: Entries): Promise<void> {
  for (const { tenantId, at, id, subject, operation, entityId, attributeId, oldVersion, newVersion } of entries) {
    await database.query({
      text: `INSERT INTO atlas.audit (tenant_id, at, audit_id, subject, operation, entity_id, attribute_id, old_version, new_version)
        OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      values: [
        ...[tenantId, at.toISOString(), String(id), subject, operation, entityId, attributeId],
        ...[oldVersion === null ? null : String(oldVersion), newVersion === null ? null : String(newVersion)],
      ],
    });
  }
}

/** Each twice, as an interrupted batch leaves it: once where the watermark of the tests covers it, and once later. */
export async function recordInClickHouse(database: ClickHouseDatabase, entries: Entries): Promise<void> {
  for (const lsn of ['50', '5000']) {
    await database.insert(
      'audit',
      entries.map(({ tenantId, at, id, entityId, attributeId, oldVersion, newVersion, ...same }) => ({
        ...same,
        ...{ tenant_id: tenantId, at: at.getTime(), audit_id: String(id), lsn },
        ...{ entity_id: entityId ?? '0', attribute_id: attributeId ?? 0 },
        ...{ old_version: String(oldVersion ?? 0n), new_version: String(newVersion ?? 0n) },
      })),
    );
  }
}
