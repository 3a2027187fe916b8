import { type ConsistencyToken, mergeTokens } from './consistency-token.ts';
import {
  CLASS_BUDGET_MS,
  FALLBACK_STRATEGIES,
  type FallbackStrategy,
  FRESHNESS_CLASSES,
  type FreshnessClass,
  type FreshnessRequest,
  type FreshnessRequirement,
} from './freshness.ts';

export interface FreshnessDefault {
  readonly class: FreshnessClass;
  readonly fallback: FallbackStrategy;
}

/** Analytics have theirs in the SDL, as `@freshness` on the fields' definitions. */
export const ENTITY_DEFAULT: FreshnessDefault = { class: 'INTERACTIVE', fallback: 'PRIMARY' };
/** Of an entity as it was at a time, which is read like analytics. */
export const PAST_DEFAULT: FreshnessDefault = { class: 'ANALYTICAL', fallback: 'REPLICA' };

/**
 * Merges the layers member by member; the strongest layer that sets a member decides, with two exceptions:
 * - `maxLagMs` tightens the class of its own layer or of a weaker one, never a class that a stronger layer chose instead.
 *   The bound is the smaller of it and the class's budget.
 * - `after` is the furthest position of all layers, since each is a promise to include a write.
 *
 * @param layers strongest first: argument, directive on the field, directive on the operation, headers, definition.
 * @param defaultWaitMs how long to wait for a token if no layer sets it.
 */
export function resolveRequirement(
  layers: readonly FreshnessRequest[],
  defaults: FreshnessDefault,
  defaultWaitMs: number,
): FreshnessRequirement {
  const chosen = layers.findIndex((layer) => layer.class !== undefined);
  const freshnessClass = layers[chosen]?.class ?? defaults.class;
  const bounds = chosen === -1 ? layers : layers.slice(0, chosen + 1);
  const maxLagMs = bounds.find((layer) => layer.maxLagMs !== undefined)?.maxLagMs ?? Number.POSITIVE_INFINITY;
  return {
    class: freshnessClass,
    maxLagMs: Math.min(maxLagMs, CLASS_BUDGET_MS[freshnessClass]),
    fallback: layers.find((layer) => layer.fallback !== undefined)?.fallback ?? defaults.fallback,
    after: layers.reduce<ConsistencyToken | null>((token, layer) => mergeTokens(token, layer.after ?? null), null),
    maxWaitMs: layers.find((layer) => layer.maxWaitMs !== undefined)?.maxWaitMs ?? defaultWaitMs,
  };
}

/** A field's own layers over the requirement in force around it: what they leave out is inherited. */
export function refineRequirement(
  own: readonly FreshnessRequest[],
  inherited: FreshnessRequirement,
): FreshnessRequirement {
  const { after, ...rest } = inherited;
  const layers = [...own, after === null ? rest : { ...rest, after }];
  return resolveRequirement(layers, inherited, inherited.maxWaitMs);
}

/**
 * The request that satisfies several equally strong ones, member by member: the tightest class and bound, the furthest position,
 * the strictest strategy, the shortest wait.
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
