import type { FreshnessRequirement, ReadFreshness } from '../../src/freshness/freshness.ts';

/** An INTERACTIVE requirement with the given members. */
export function requirement(given: Partial<FreshnessRequirement> = {}): FreshnessRequirement {
  return { class: 'INTERACTIVE', maxLagMs: 1_000, fallback: 'PRIMARY', after: null, maxWaitMs: 0, ...given };
}

/** A read of the replica of s0 that met an INTERACTIVE requirement, with the given members. */
export function readFreshness(given: Partial<ReadFreshness> = {}): ReadFreshness {
  return {
    source: 'REPLICA',
    requested: requirement(),
    servedClass: 'INTERACTIVE',
    lagMs: 245,
    stale: false,
    fellBack: false,
    reason: 'WITHIN_BOUND',
    dataTimestamp: new Date('2026-01-02T03:04:05.678Z'),
    sourceTimestamp: new Date('2026-01-02T03:04:05.678Z'),
    health: 'HEALTHY',
    shard: 's0',
    contains: new Map([['s0', 0n]]),
    shows: new Map([['s0', 0n]]),
    ...given,
  };
}
