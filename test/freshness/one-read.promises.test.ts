import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineReads } from '../../src/freshness/combine-reads.ts';
import { describeRead, type Reading } from '../../src/freshness/describe-read.ts';
import {
  type DataSource,
  FALLBACK_STRATEGIES,
  FRESHNESS_CLASSES,
  type FreshnessRequirement,
  type ReadFreshness,
  type RouteReason,
} from '../../src/freshness/freshness.ts';
import { FreshnessCollector, type SummarizedRead } from '../../src/freshness/freshness-summary.ts';
import { isWorseLag, worseLag } from '../../src/freshness/measure-lag.ts';
import { PREFERRED_SOURCE } from '../../src/freshness/route.ts';
import { requirement } from '../support/requirement.ts';

const PASSED_OVER = [
  'LAG_EXCEEDED',
  'LAG_UNKNOWN',
  'NO_REPLICA',
  'SOURCE_DOWN',
  'SOURCE_BUSY',
  'TOKEN_NOT_REACHED',
  'OVERLOAD_RELAXED',
] as const satisfies readonly RouteReason[];

const SOURCES = ['PRIMARY', 'REPLICA', 'CLICKHOUSE'] as const satisfies readonly DataSource[];

const anyRequirement = fc
  .record({
    class: fc.constantFrom(...FRESHNESS_CLASSES),
    fallback: fc.constantFrom(...FALLBACK_STRATEGIES),
    maxLagMs: fc.constantFrom(0, 100, 1_000),
  })
  .map(requirement);

/** Lags are few and around the bounds, so that many reads tie. */
const reading: fc.Arbitrary<Reading> = fc
  .record({
    source: fc.constantFrom(...SOURCES),
    shard: fc.constantFrom('s0', 's1', null),
    lagMs: fc.constantFrom(0, 1, 100, 101, 236, 1_001, 40_000, null),
    dataTimestamp: fc.option(fc.nat(5)),
    health: fc.constantFrom('HEALTHY' as const, 'DEGRADED' as const, 'DOWN' as const),
  })
  .map((given) => ({
    ...given,
    lagMs: given.source === 'PRIMARY' ? 0 : given.lagMs,
    contains: new Map(),
    shows: new Map(),
  }));

/** A read as the router describes it: another source than the preferred one answers only for a reason. */
const readsOf = (required: FreshnessRequirement): fc.Arbitrary<ReadFreshness> =>
  fc
    .tuple(reading, fc.option(fc.constantFrom(...PASSED_OVER)), fc.constantFrom(...PASSED_OVER))
    .map(([read, passedOver, instead]) =>
      describeRead(required, read, read.source === PREFERRED_SOURCE[required.class] ? passedOver : instead),
    );
const reads = anyRequirement.chain((required) => fc.array(readsOf(required), { minLength: 1, maxLength: 6 }));

/** What one read says about why it is as old as it is. */
const facts = ({ source, lagMs, reason, fellBack, stale }: ReadFreshness | SummarizedRead) => ({
  source,
  lagMs,
  reason,
  fellBack,
  stale,
});

const explained = ({ source, requested, lagMs, reason, fellBack, stale }: ReadFreshness | SummarizedRead): void => {
  const missed = source !== 'PRIMARY' && isWorseLag(lagMs, requested.maxLagMs);
  expect(stale).toBe(source !== 'PRIMARY' && (requested.class === 'REALTIME' || missed));
  expect(fellBack).toBe(source !== PREFERRED_SOURCE[requested.class]);
  if (reason === 'LAG_EXCEEDED' || reason === 'LAG_UNKNOWN') expect(fellBack || missed).toBe(true);
  if (reason === 'LAG_EXCEEDED' && !fellBack) expect(lagMs).not.toBeNull();
  if (reason === 'LAG_UNKNOWN' && !fellBack) expect(lagMs).toBeNull();
  if (reason === 'WITHIN_BOUND' || reason === 'PRIMARY_REQUIRED') expect([fellBack, stale]).toEqual([false, false]);
};

/** Checks one guarantee over generated reads with one requirement. */
const holds = (check: (reads: ReadFreshness[]) => void) => fc.assert(fc.property(reads, check), { numRuns: 600 });

describe('what one freshness says, whatever it was combined from', () => {
  it('is explained by one read: its lag, its reason, whether it fell back and is stale', () =>
    holds((given) => {
      for (const read of given) explained(read);
      const combined = combineReads(given);
      explained(combined);
      expect(given.map(facts)).toContainEqual(facts(combined));
      expect(given.map(({ servedClass }) => servedClass)).toContain(combined.servedClass);
    }));

  it('is the worst: no read lags more, and it is stale if any of them is', () =>
    holds((given) => {
      const combined = combineReads(given);
      expect(combined.lagMs).toBe(given.map(({ lagMs }) => lagMs).reduce(worseLag));
      expect(combined.stale).toBe(given.some(({ stale }) => stale));
    }));

  it('does not depend on the order, except for the reason of reads that are equally far behind', () =>
    holds((given) => {
      const { reason: _, source: __, ...combined } = facts(combineReads(given));
      expect(combineReads(given.toReversed())).toMatchObject(combined);
    }));

  it('holds for every entry of the summary, and for the whole', () =>
    holds((given) => {
      const collector = new FreshnessCollector();
      for (const read of given) collector.add(read, 1);
      const summary = collector.summary();
      for (const entry of summary?.reads ?? []) {
        const own = given.filter(({ shard, source }) => shard === entry.shard && source === entry.source);
        expect(own.map(facts)).toContainEqual(facts(entry));
        expect(entry.lagMs).toBe(own.map(({ lagMs }) => lagMs).reduce(worseLag));
        expect(entry.stale).toBe(own.some(({ stale }) => stale));
        expect(entry.entities).toBe(own.length);
      }
      expect(summary?.maxLagMs).toBe(given.map(({ lagMs }) => lagMs).reduce(worseLag));
    }));
});
