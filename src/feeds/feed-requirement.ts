import { CLASS_BUDGET_MS, type FreshnessRequirement } from '../freshness/freshness.ts';

/** Changes in one read. */
export const FEED_PAGE = 500;

/** Events come as soon as ClickHouse has them, however far behind it is; each says how far. */
export const FEED_REQUIREMENT: FreshnessRequirement = {
  class: 'ANALYTICAL',
  maxLagMs: CLASS_BUDGET_MS.ANALYTICAL,
  fallback: 'REPLICA',
  after: null,
  maxWaitMs: 1_000,
};
