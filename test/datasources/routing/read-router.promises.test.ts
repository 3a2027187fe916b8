import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entitiesById } from '../../../src/datasources/questions/entities-by-id.ts';
import { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import { AtlasError } from '../../../src/domain/errors.ts';
import {
  CLASS_BUDGET_MS,
  FALLBACK_STRATEGIES,
  FRESHNESS_CLASSES,
  type FreshnessClass,
  type FreshnessRequirement,
  type ReadFreshness,
} from '../../../src/freshness/freshness.ts';
import type { ReplicationState, SourceState } from '../../../src/freshness/replication-state.ts';
import { PREFERRED_SOURCE } from '../../../src/freshness/route.ts';
import { tokenOfRead } from '../../../src/freshness/token-of-read.ts';
import { replicationState, UNKNOWN } from '../../support/replication-state.ts';
import { requirement } from '../../support/requirement.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';
import {
  positionAt,
  type SimulatedPrimary,
  type SimulatedReplica,
  SimulatedShard,
  SimulatedTime,
  type Snapshot,
} from '../support/simulated-shard.ts';

const START = 1_000_000;
const { signal } = new AbortController();
const one = (shard: string) => entitiesById({ tenantId: 1, shard, ids: ['1'] });

interface World {
  readonly primary: SimulatedPrimary;
  readonly replicas: readonly SimulatedReplica[];
  readonly clickhouse: SimulatedReplica | null;
  /** What the probes report: anything, since no guarantee may depend on it. */
  readonly probed: readonly SourceState[];
  /** By how much the bounds of the clocks are too wide; null: not known yet. */
  readonly clockSlack: number | null;
  readonly requirement: FreshnessRequirement;
  /** What the router has read before, so that its memory says anything. */
  readonly before: readonly FreshnessRequirement[];
  /** Whether the primary has no room for reads that fall back. */
  readonly overloaded: boolean;
  readonly relaxed: readonly FreshnessClass[];
}

const past = fc.double({ min: START - 8_000, max: START + 3_000, noNaN: true });
const duration = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 2_500, noNaN: true }));
const replica: fc.Arbitrary<SimulatedReplica> = fc.record({
  delay: fc.oneof(fc.constant(5), fc.double({ min: 0, max: 3_000, noNaN: true })),
  frozenAt: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), past),
  clockOffset: fc.integer({ min: -5_000, max: 5_000 }),
  down: fc.boolean(),
  latency: fc.tuple(duration, duration, duration),
});
const probed: fc.Arbitrary<SourceState> = fc.oneof(
  fc.constant<SourceState>({ answeredAt: 0, health: 'HEALTHY', lagMs: 50, probedLagMs: 20 }),
  fc.record({
    answeredAt: fc.constantFrom(0, null),
    health: fc.constantFrom('HEALTHY', 'DEGRADED', 'DOWN'),
    lagMs: fc.option(fc.nat(9_000)),
    probedLagMs: fc.option(fc.nat(9_000)),
  }),
);
const anyRequirement: fc.Arbitrary<FreshnessRequirement> = fc
  .record({
    class: fc.constantFrom(...FRESHNESS_CLASSES),
    maxLagMs: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(3_000)),
    fallback: fc.constantFrom(...FALLBACK_STRATEGIES),
    token: fc.option(past),
    maxWaitMs: fc.nat(2_000),
  })
  .map(({ token, ...rest }) => ({
    ...rest,
    maxLagMs: Math.min(rest.maxLagMs, CLASS_BUDGET_MS[rest.class]),
    after: token === null ? null : { positions: new Map([['s0', positionAt(token)]]), catalogRevision: 0 },
  }));
const world: fc.Arbitrary<World> = fc.record({
  primary: fc.record({
    commits: fc.array(past, { maxLength: 20 }),
    heartbeats: fc.array(past, { maxLength: 20 }),
    clockOffset: fc.integer({ min: -5_000, max: 5_000 }),
    down: fc.boolean(),
  }),
  replicas: fc.array(replica, { maxLength: 3 }),
  clickhouse: fc.option(replica),
  probed: fc.array(probed, { minLength: 4, maxLength: 4 }),
  clockSlack: fc.option(fc.double({ min: 0, max: 500, noNaN: true }), { freq: 10 }),
  requirement: anyRequirement,
  before: fc.array(anyRequirement, { maxLength: 1 }),
  overloaded: fc.constantFrom(false, false, true),
  relaxed: fc.subarray(FRESHNESS_CLASSES.filter((name) => name !== 'REALTIME')),
});

type Outcome =
  | { readonly read: ReadFreshness; readonly snapshot: Snapshot; readonly trueLag: number }
  | { readonly read: null; readonly error: unknown };

async function ask(given: World, time = new SimulatedTime(START)): Promise<Outcome> {
  const shard = new SimulatedShard('s0', time, given.primary);
  const { probed, replicas, clockSlack, clickhouse } = given;
  const ahead = (offset: number) => (clockSlack === null ? null : clockSlack + offset);
  const replication: ReplicationState = {
    hasClickHouse: true,
    source: () => probed[3] ?? UNKNOWN,
    replicas: () => replicas.map((_, index) => probed[index] ?? UNKNOWN),
    changeStream: () => ({ health: 'DOWN', lagBytes: null, lagMessages: null, failure: null }),
    progress: () => null,
    primaryClockAhead: () => ahead(given.primary.clockOffset),
    replicaClockBehind: (_, index) => ahead(-(replicas[index]?.clockOffset ?? 0)),
  };
  const told: ReadFreshness[] = [];
  const full = { isReached: true, run: async () => null };
  const router = new ReadRouter({
    sources: {
      shards: [
        {
          shard: 's0',
          primary: shard.primary([1, 500, 1]),
          replicas: replicas.map((source) => shard.replicated(source)),
          ...(given.overloaded && { fallbacks: full }),
        },
      ],
      clickhouse: clickhouse === null ? null : shard.replicated(clickhouse, 'ANALYTICS_UNAVAILABLE'),
    },
    replication,
    clock: time,
    pause: time.pass,
    policy: { ...ROUTE_POLICY, relaxed: new Set(given.relaxed) },
    onRoute: (read) => told.push(read),
  });
  for (const earlier of given.before) await router.ask(one('s0'), earlier, signal).catch(() => {});
  told.length = 0;
  try {
    const answer = await router.ask(one('s0'), given.requirement, signal);
    expect(told).toEqual(answer.reads);
    const [read] = answer.reads;
    const snapshot = answer.data[0]?.attributes as unknown as Snapshot;
    if (read === undefined) throw new Error('the answer came without its freshness');
    return { read, snapshot, trueLag: shard.trueLag(snapshot) };
  } catch (error) {
    return { read: null, error };
  }
}

/** Checks one guarantee over many generated worlds. */
async function holds(check: (outcome: Outcome, world: World) => void): Promise<void> {
  await fc.assert(
    fc.asyncProperty(world, async (given) => check(await ask(given), given)),
    { numRuns: 2_000 },
  );
}

describe('a routed read, whatever the sources, clocks and probes do', () => {
  it('never reports less lag than there is', () =>
    holds(({ read, ...outcome }) => {
      if (read === null || read.lagMs === null) return;
      expect(read.lagMs).toBeGreaterThanOrEqual('trueLag' in outcome ? outcome.trueLag : 0);
    }));

  it('serves nothing over its bound without marking it stale, and nothing stale but from a replica, by strategy or relaxed', () =>
    holds(({ read, ...outcome }, { requirement }) => {
      if (read === null) return;
      if (read.stale) {
        expect(read.source).toBe('REPLICA');
        if (read.reason !== 'OVERLOAD_RELAXED') expect(requirement.fallback).toBe('REPLICA');
      } else {
        expect(read.lagMs).not.toBeNull();
        expect(read.lagMs).toBeLessThanOrEqual(requirement.maxLagMs);
        expect('trueLag' in outcome && outcome.trueLag).toBeLessThanOrEqual(requirement.maxLagMs);
        if (requirement.class === 'REALTIME') expect(read.source).toBe('PRIMARY');
      }
    }));

  it('includes the write of its token, from whichever source', () =>
    holds((outcome, { requirement }) => {
      const position = requirement.after?.positions.get('s0');
      if (outcome.read === null || position === undefined) return;
      expect(positionAt(outcome.snapshot.appliedTo)).toBeGreaterThanOrEqual(position);
    }));

  it('followed by another one with its token, from whichever source, is never followed by an earlier state', () =>
    fc.assert(
      fc.asyncProperty(world, world, async (first, next) => {
        const time = new SimulatedTime(START);
        const seen = await ask(first, time);
        if (seen.read === null) return;
        const requirement = { ...next.requirement, after: tokenOfRead(seen.read) };
        const later = await ask({ ...next, primary: first.primary, requirement }, time);
        if (later.read === null) return;
        expect(later.snapshot.appliedTo).toBeGreaterThanOrEqual(seen.snapshot.appliedTo - 0.001);
      }),
      { numRuns: 2_000 },
    ));

  it('never claims a position that its snapshot lacks', () =>
    holds((outcome) => {
      if (outcome.read === null) return;
      expect([...outcome.read.contains.keys()]).toEqual(['s0']);
      expect(outcome.read.contains.get('s0')).toBeLessThanOrEqual(positionAt(outcome.snapshot.appliedTo));
    }));

  it('contains everything committed before its data timestamp', () =>
    holds((outcome, { primary }) => {
      if (outcome.read === null || outcome.read.dataTimestamp === null) return;
      const { source, dataTimestamp } = outcome.read;
      // On a replicated source it is a moment on the primary's clock, on a primary one on this process's clock.
      const offset = source === 'PRIMARY' ? 0 : primary.clockOffset;
      expect(outcome.snapshot.appliedTo).toBeGreaterThanOrEqual(dataTimestamp.getTime() - offset);
    }));

  it('reports that it fell back, and why, exactly when another source than the preferred one answered', () =>
    holds(({ read }, { requirement }) => {
      if (read === null) return;
      expect(read.fellBack).toBe(read.source !== PREFERRED_SOURCE[requirement.class]);
      if (read.fellBack || read.stale) expect(['WITHIN_BOUND', 'PRIMARY_REQUIRED']).not.toContain(read.reason);
    }));

  it('relaxes a bound only for configured classes of an overloaded primary, never for FAIL, and says so', () =>
    holds(({ read }, { requirement, relaxed, overloaded }) => {
      if (read?.reason !== 'OVERLOAD_RELAXED') return;
      expect(overloaded).toBe(true);
      expect(relaxed).toContain(requirement.class);
      expect([read.source, requirement.fallback]).toEqual(['REPLICA', 'PRIMARY']);
    }));

  it('never reads an overloaded primary for a read that another source should have served', () =>
    holds(({ read }, { overloaded }) => {
      if (read === null || !overloaded || read.source !== 'PRIMARY') return;
      expect(['PRIMARY_REQUIRED', 'NO_REPLICA']).toContain(read.reason);
    }));

  it('stays within the strategy: FAIL never falls back if its source is configured, PRIMARY goes only to the primary', () =>
    holds(({ read }, { requirement, replicas }) => {
      if (read === null || !read.fellBack || read.reason === 'OVERLOAD_RELAXED') return;
      if (requirement.fallback === 'PRIMARY') expect(read.source).toBe('PRIMARY');
      if (requirement.fallback === 'FAIL') expect(replicas).toEqual([]);
    }));

  it('fails only with a coded error, and with a fallback only if the primary is down or overloaded', () =>
    holds((outcome, { requirement, primary, overloaded }) => {
      if (outcome.read !== null) return;
      expect(outcome.error).toBeInstanceOf(AtlasError);
      const { code } = outcome.error as AtlasError;
      expect(['FRESHNESS_UNAVAILABLE', 'SHARD_UNAVAILABLE', 'ANALYTICS_UNAVAILABLE']).toContain(code);
      if (requirement.fallback === 'FAIL') return;
      // A primary that has not got as far as the token was restored to an earlier time.
      const isAhead = (requirement.after?.positions.get('s0') ?? 0n) > positionAt(START);
      if (code === 'FRESHNESS_UNAVAILABLE') expect(overloaded || (isAhead && !primary.down)).toBe(true);
      else expect([primary.down, code]).toEqual([true, 'SHARD_UNAVAILABLE']);
    }));
});

describe('a slow read', () => {
  const source = { delay: 5, frozenAt: Number.POSITIVE_INFINITY, clockOffset: 0, down: false };
  const slow: World = {
    primary: { commits: [], heartbeats: [START + 1_950], clockOffset: 0, down: false },
    replicas: [{ ...source, latency: [2_000, 3, 4_000] }],
    clickhouse: null,
    probed: [{ answeredAt: 0, health: 'HEALTHY', lagMs: 50, probedLagMs: 20 }],
    clockSlack: 2,
    requirement: { class: 'INTERACTIVE', maxLagMs: 1_000, fallback: 'PRIMARY', after: null, maxWaitMs: 0 },
    before: [],
    overloaded: false,
    relaxed: [],
  };

  it("is not mistaken for a lagging replica, because its snapshot is dated by the replica's clock", async () => {
    expect(await ask(slow)).toMatchObject({ read: { source: 'REPLICA', reason: 'WITHIN_BOUND', lagMs: 57 } });
  });

  it('is never fresh before the clocks are known', async () => {
    expect(await ask({ ...slow, clockSlack: null })).toMatchObject({
      read: { source: 'PRIMARY', reason: 'LAG_UNKNOWN' },
    });
  });
});

describe('a scattered read', () => {
  it('routes each shard separately, and one that is down fails only its own entities', async () => {
    const time = new SimulatedTime(START);
    const latency = [1, 1, 1] as const;
    const history = { commits: [], heartbeats: [START - 10], clockOffset: 0 };
    const shards = ['s0', 's1', 's2'].map((id) => new SimulatedShard(id, time, { ...history, down: id === 's2' }));
    const fresh = { delay: 5, frozenAt: Number.POSITIVE_INFINITY, clockOffset: 0, down: false, latency };
    const router = new ReadRouter({
      sources: {
        shards: shards.map((shard) => ({
          shard: shard.shard,
          primary: shard.primary(latency),
          replicas: shard.shard === 's0' ? [shard.replicated(fresh)] : [],
        })),
        clickhouse: null,
      },
      replication: replicationState({ s0: {}, s1: { replicas: [] }, s2: { replicas: [] } }),
      clock: time,
      pause: time.pass,
      policy: ROUTE_POLICY,
      onRoute: () => {},
    });
    const required = requirement();
    const [s0, s1, s2] = await Promise.allSettled(
      ['s0', 's1', 's2'].map((shard) => router.ask(one(shard), required, signal)),
    );
    expect(s0).toMatchObject({ value: { reads: [{ shard: 's0', source: 'REPLICA', fellBack: false }] } });
    expect(s1).toMatchObject({ value: { reads: [{ shard: 's1', source: 'PRIMARY', reason: 'NO_REPLICA' }] } });
    expect(s2).toMatchObject({ reason: { code: 'SHARD_UNAVAILABLE' } });
  });
});
