import { type ClickHouseSettings, SettingsMap } from '@clickhouse/client';
import type { TenantId } from '../../domain/identifiers.ts';

/** Every table with rows of tenants. */
export const TENANT_TABLES = [
  ...['entity', 'entity_attribute', 'audit', 'entity_change', 'tenant_history_start'],
  ...['attribute_definition', 'entity_type'],
] as const;

/**
 * Makes the server add the tenant to the conditions of every table with rows of tenants, whatever the text of the statement says. For
 * ClickHouse, a row policy would need users of its own, and a setting that it reads.
 *
 * @param tenant null: the rows of all tenants. It is set then, too: the engine in this process keeps settings from one statement to the next.
 */
export function tenantBarrier(tenant: TenantId | null): ClickHouseSettings {
  const filters = tenant === null ? [] : TENANT_TABLES.map((table) => [table, `tenant_id = ${tenant}`]);
  return { additional_table_filters: SettingsMap.from(Object.fromEntries(filters) as Record<string, string>) };
}
