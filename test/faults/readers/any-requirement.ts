import { FALLBACK_STRATEGIES, FRESHNESS_CLASSES } from '../../../src/freshness/freshness.ts';
import type { SeededRandom } from '../../../src/importing/sample-data/seeded-random.ts';
import type { Requirement } from '../checker/requirement.ts';
import type { TokenClaim } from '../model/world.ts';

/** Every class with every strategy, with and without a bound, a token and a wait. */
export function anyRequirement(random: SeededRandom, token: TokenClaim | undefined): Requirement {
  return {
    class: random.pick(FRESHNESS_CLASSES),
    fallback: random.pick(FALLBACK_STRATEGIES),
    maxLagMs: random.chance(0.4) ? random.pick([0, 100, 300, 800, 2_000, 10_000]) : null,
    after: token !== undefined && random.chance(0.4) ? token : null,
    maxWaitMs: random.chance(0.3) ? random.pick([0, 50, 500, 3_000]) : null,
  };
}

/** As the argument `freshness`. */
export function asArgument(requirement: Requirement): Record<string, unknown> {
  const { after, maxLagMs, maxWaitMs } = requirement;
  return {
    class: requirement.class,
    fallback: requirement.fallback,
    ...(maxLagMs === null ? {} : { maxLagMs }),
    ...(maxWaitMs === null ? {} : { maxWaitMs }),
    ...(after === null ? {} : { after: after.token }),
  };
}

/** As request headers, which cannot say how long to wait. */
export function asHeaders(requirement: Requirement): Record<string, string> {
  const { after, maxLagMs } = requirement;
  return {
    'x-freshness-requirement': requirement.class.toLowerCase(),
    'x-fallback-strategy': requirement.fallback.toLowerCase(),
    ...(maxLagMs === null ? {} : { 'x-max-acceptable-lag-ms': String(maxLagMs) }),
    ...(after === null ? {} : { 'x-consistency-token': after.token }),
  };
}
