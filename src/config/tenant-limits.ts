import type { Settings } from './settings.ts';

/** What one tenant may take of one process. */
export interface TenantLimits {
  /** GraphQL requests in progress at once. */
  readonly maxRequests: number;
  /** Null if the cost of all its requests together is not limited. */
  readonly costPerMinute: number | null;
}

export function tenantLimits(settings: Settings): TenantLimits {
  const costPerMinute = settings.ATLAS_TENANT_COST_PER_MINUTE;
  return {
    maxRequests: settings.ATLAS_MAX_TENANT_REQUESTS,
    costPerMinute: costPerMinute === 0 ? null : costPerMinute,
  };
}
