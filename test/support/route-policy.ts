import type { RoutePolicy } from '../../src/datasources/routing/read-router.ts';

/** As by default. */
export const ROUTE_POLICY: RoutePolicy = { relaxed: new Set(), retry: { leastMs: 100, mostMs: 10_000 } };
