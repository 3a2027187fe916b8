import type { Settings } from './settings.ts';

/** What one tenant may take of one process. */
export interface TenantLimits {
  /** GraphQL requests in progress at once. */
  readonly maxRequests: number;
  /** Cost of the requests that run at once; further ones wait. */
  readonly maxRunningCost: number;
  /** Null if the cost of all its requests together is not limited. */
  readonly costPerMinute: number | null;
}

/** How many of a server's connections the statements of one tenant may take at once. */
export function mostPerTenant(settings: Settings, connections: number): number {
  return Math.ceil((connections * settings.ATLAS_TENANT_POOL_PERCENT) / 100);
}

export function tenantLimits(settings: Settings): TenantLimits {
  const costPerMinute = settings.ATLAS_TENANT_COST_PER_MINUTE;
  return {
    maxRequests: settings.ATLAS_MAX_TENANT_REQUESTS,
    maxRunningCost: settings.ATLAS_MAX_TENANT_RUNNING_COST,
    costPerMinute: costPerMinute === 0 ? null : costPerMinute,
  };
}
