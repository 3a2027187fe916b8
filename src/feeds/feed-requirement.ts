import { CLASS_BUDGET_MS, type FreshnessRequirement } from '../freshness/freshness.ts';

/** Changes in one read of a tenant's reader. */
export const FEED_PAGE = 500;
/** And of what one subscriber has missed, which keeps the page until it has taken it. */
export const CATCH_UP_PAGE = 50;

/** Events come as soon as ClickHouse has them, however far behind it is; each says how far. */
export const FEED_REQUIREMENT: FreshnessRequirement = {
  class: 'ANALYTICAL',
  maxLagMs: CLASS_BUDGET_MS.ANALYTICAL,
  fallback: 'REPLICA',
  after: null,
  maxWaitMs: 1_000,
};
