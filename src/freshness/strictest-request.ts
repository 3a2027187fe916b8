import { mergeTokens } from './consistency-token.ts';
import { FALLBACK_STRATEGIES, FRESHNESS_CLASSES, type FreshnessRequest } from './freshness.ts';

/**
 * What satisfies every one of several requests that are equally strong, member by member: the tightest class and bound,
 * the furthest position, the strategy that gives away least, the shortest wait.
 */
export function strictestRequest(requests: readonly FreshnessRequest[]): FreshnessRequest {
  return requests.reduce(stricter, {});
}

function stricter(a: FreshnessRequest, b: FreshnessRequest): FreshnessRequest {
  const freshnessClass = FRESHNESS_CLASSES.find((name) => name === a.class || name === b.class);
  const fallback = FALLBACK_STRATEGIES.find((name) => name === a.fallback || name === b.fallback);
  const maxLagMs = smaller(a.maxLagMs, b.maxLagMs);
  const maxWaitMs = smaller(a.maxWaitMs, b.maxWaitMs);
  const after = mergeTokens(a.after ?? null, b.after ?? null);
  return {
    ...(freshnessClass !== undefined && { class: freshnessClass }),
    ...(maxLagMs !== undefined && { maxLagMs }),
    ...(fallback !== undefined && { fallback }),
    ...(after !== null && { after }),
    ...(maxWaitMs !== undefined && { maxWaitMs }),
  };
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
