import type { TenantId } from '../domain/identifiers.ts';
import { parseDaysByTenant } from './settings/days-by-tenant.ts';
import type { Settings } from './settings.ts';

/** How many days the changes of entities are kept, and those of single tenants. */
export function historyRetention(settings: Settings): {
  readonly days: number;
  readonly byTenant: ReadonlyMap<TenantId, number>;
} {
  return {
    days: settings.ATLAS_HISTORY_RETENTION_DAYS,
    byTenant: parseDaysByTenant(settings.ATLAS_HISTORY_RETENTION_BY_TENANT) ?? new Map(),
  };
}
