import type { RoutePolicy } from '../../src/datasources/routing/read-router.ts';

/** As by default. */
export const ROUTE_POLICY: RoutePolicy = {
  relaxed: new Set(),
  retry: { leastMs: 100, mostMs: 10_000 },
  leastSilenceMs: 1_000,
  waiting: { mostPerProcess: 2_000, mostPerTenant: 500 },
};
