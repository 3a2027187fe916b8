import { describe, expect, it } from 'vitest';
import type { EntityReader } from '../../../src/datasources/entity-reader.ts';
import { count } from '../../../src/datasources/questions/count.ts';
import { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import type { ReplicatedSource } from '../../../src/datasources/routing/replicated-source.ts';
import { AtlasError, type ErrorCode } from '../../../src/domain/errors.ts';
import { MATCH_ALL } from '../../../src/domain/filter/filter.ts';
import { SourceError, type SourceOutcome } from '../../../src/domain/source-error.ts';
import type { FreshnessRequirement, Watermark } from '../../../src/freshness/freshness.ts';
import type { Positions } from '../../../src/freshness/positions.ts';
import { replicationState, sourceState } from '../../support/replication-state.ts';
import { requirement } from '../../support/requirement.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';

const NOW = 1_000_000;
const SELECTION = { tenantId: 1, type: null, filter: MATCH_ALL };
const ANALYTICAL = { class: 'ANALYTICAL', maxLagMs: 300_000, fallback: 'REPLICA' } as const;

/** What every source shows: as much as any token here requires. */
const SHOWN = new Map([
  ['s0', 60n],
  ['s1', 60n],
]);

/** A source that counts `count` entities and shows heartbeats of the given ages. */
function counting(entities: bigint, ages: Record<string, number | null>, shown: Positions = SHOWN): ReplicatedSource {
  const watermarks = new Map<string, Watermark>(
    Object.entries(ages).map(([shard, age]) => [shard, { heartbeatAt: age === null ? null : NOW - age, lsn: 50n }]),
  );
  return source(async () => ({ data: entities as never, watermarks, shown, observedAt: null }));
}

function failing(code: ErrorCode): ReplicatedSource {
  return source(() => Promise.reject(new AtlasError(code, 'does not answer')));
}

const ended = (outcome: SourceOutcome) => new SourceError(outcome, 'TIMEOUT', outcome);
const rejecting = (error: Error) => source(() => Promise.reject(error));

function source(ask: EntityReader['ask']): ReplicatedSource {
  return { reader: { ask }, positions: async () => new Map([['s0', 50n]]) };
}

/** Counts over s0 and s1, whose replicas hold 10 and 20 entities and whose primaries hold 11 and 21. */
async function countBoth(
  clickhouse: ReplicatedSource | null,
  given: Partial<FreshnessRequirement> = {},
  replicaAge = 40,
  probedLagMs = 380,
) {
  const shard = (id: string, entities: bigint) => ({
    shard: id,
    primary: counting(entities + 1n, {}).reader,
    replicas: [counting(entities, { [id]: replicaAge })],
  });
  const probed = { clickhouse: sourceState('HEALTHY', probedLagMs) };
  const router = new ReadRouter({
    sources: { shards: [shard('s0', 10n), shard('s1', 20n)], clickhouse },
    replication: replicationState({ s0: probed, s1: probed }),
    clock: { now: () => NOW },
    pause: async () => {},
    policy: ROUTE_POLICY,
    onRoute: () => {},
  });
  return router.ask(count(SELECTION), requirement({ ...ANALYTICAL, ...given }), new AbortController().signal);
}

describe('what the router tells of a question', () => {
  it('is how long each shard took, and why it was not answered', async () => {
    let now = NOW;
    const unserved: [string, unknown][] = [];
    const slow = (ms: number, { reader }: ReturnType<typeof counting>): EntityReader => ({
      ask: async (question, signal) => {
        now += ms;
        return reader.ask(question, signal);
      },
    });
    const router = new ReadRouter({
      sources: {
        shards: [
          { shard: 's0', primary: slow(5, counting(1n, {})), replicas: [] },
          { shard: 's1', primary: slow(7, counting(1n, {})), replicas: [] },
        ],
        clickhouse: null,
      },
      replication: replicationState({ s0: { replicas: [] }, s1: { replicas: [] } }),
      clock: { now: () => now },
      pause: async () => {},
      policy: ROUTE_POLICY,
      onRoute: () => {},
      onUnserved: (requested, error) => unserved.push([requested, error]),
    });
    const { signal } = new AbortController();
    const { ms } = await router.ask(count(SELECTION), requirement({ fallback: 'PRIMARY' }), signal);
    expect(ms).toEqual([12, 12]);
    expect(unserved).toEqual([]);
    const refused = router.ask(count(SELECTION), requirement({ ...ANALYTICAL, fallback: 'FAIL' }), signal);
    const error = await refused.catch((reason: unknown) => reason);
    expect(unserved).toEqual([['ANALYTICAL', error]]);
    expect(error).toMatchObject({ code: 'ANALYTICS_UNAVAILABLE' });
  });
});

describe('a read of all shards from ClickHouse', () => {
  it('says which of several servers it was', async () => {
    const fresh = counting(28n, { s0: 380, s1: 380 });
    const ofServer = (serverChanges: number | null) =>
      source(async (question, signal) => ({ ...(await fresh.reader.ask(question, signal)), serverChanges }));
    expect((await countBoth(ofServer(7))).reads).toMatchObject([{ source: 'CLICKHOUSE', serverChanges: 7 }]);
    expect((await countBoth(ofServer(null))).reads).toMatchObject([{ source: 'CLICKHOUSE', serverChanges: null }]);
  });

  it.each([
    ['a hundredth of the lag that is allowed', { maxLagMs: 4_000 }, 40],
    ['a tenth of a second', {}, 100],
    ['not at all, if it passes a token', { after: { positions: new Map([['s0', 50n]]), catalogRevision: 0 } }, 0],
  ])('begins with what is known of it for at most %s', async (_, given, expected) => {
    const known: (number | undefined)[] = [];
    const fresh = counting(28n, { s0: 380, s1: 380 });
    const clickhouse = source((question, signal, knownForMs) => {
      known.push(knownForMs);
      return fresh.reader.ask(question, signal);
    });
    expect((await countBoth(clickhouse, given)).data).toBe(28n);
    expect(known).toEqual([expected]);
  });

  it('is one read, and as old as its data of the shard that lags most', async () => {
    const { data, reads } = await countBoth(counting(28n, { s0: 380, s1: 9_000 }));
    expect(data).toBe(28n);
    expect(reads).toMatchObject([
      {
        source: 'CLICKHOUSE',
        shard: null,
        lagMs: 9_000,
        servedClass: 'OPERATIONAL',
        dataTimestamp: new Date(NOW - 9_000),
        fellBack: false,
        reason: 'WITHIN_BOUND',
      },
    ]);
  });

  it.each([
    ['no heartbeat of a shard has arrived', counting(28n, { s0: 380, s1: null }), 'LAG_UNKNOWN'],
    ['a shard is missing altogether', counting(28n, { s0: 380 }), 'LAG_UNKNOWN'],
    ['one shard is over the bound', counting(28n, { s0: 380, s1: 300_001 }), 'LAG_EXCEEDED'],
    ['it does not answer', failing('ANALYTICS_UNAVAILABLE'), 'SOURCE_DOWN'],
    ['none is configured', null, 'SOURCE_DOWN'],
  ])('is left for the replicas if %s, and the sum is that of the shards', async (_, clickhouse, reason) => {
    const { data, reads } = await countBoth(clickhouse);
    expect(data).toBe(30n);
    const read = { source: 'REPLICA', lagMs: 40, fellBack: true, stale: false, reason };
    expect(reads).toMatchObject([
      { ...read, shard: 's0' },
      { ...read, shard: 's1' },
    ]);
  });

  it('marks what the replicas answer stale if they miss the bound too', async () => {
    const { data, reads } = await countBoth(failing('ANALYTICS_UNAVAILABLE'), {}, 400_000);
    expect(data).toBe(30n);
    expect(reads).toMatchObject([{ stale: true, reason: 'SOURCE_DOWN', lagMs: 400_000, servedClass: 'BATCH' }, {}]);
  });

  it('is left for the primaries with the strategy PRIMARY', async () => {
    const { data, reads } = await countBoth(counting(28n, {}), { fallback: 'PRIMARY' });
    expect(data).toBe(32n);
    expect(reads).toMatchObject([{ source: 'PRIMARY', reason: 'LAG_UNKNOWN', lagMs: 0 }, { source: 'PRIMARY' }]);
  });

  it.each<[string, ReplicatedSource | null, ErrorCode]>([
    ['it is too old', counting(28n, { s0: 1, s1: 300_001 }), 'FRESHNESS_UNAVAILABLE'],
    ['it does not answer', failing('ANALYTICS_UNAVAILABLE'), 'ANALYTICS_UNAVAILABLE'],
    ['it takes too long', failing('TIMEOUT'), 'TIMEOUT'],
    ['none is configured', null, 'ANALYTICS_UNAVAILABLE'],
  ])('fails with the strategy FAIL if %s', async (_, clickhouse, code) => {
    await expect(countBoth(clickhouse, { fallback: 'FAIL' })).rejects.toMatchObject({ code });
  });

  it('is not tried if the last probe found it over the bound, unless the strategy is FAIL', async () => {
    const fresh = counting(28n, { s0: 1, s1: 1 });
    expect((await countBoth(fresh, {}, 40, 300_001)).reads).toMatchObject([
      { source: 'REPLICA', reason: 'LAG_EXCEEDED' },
      {},
    ]);
    expect((await countBoth(fresh, { fallback: 'FAIL' }, 40, 300_001)).reads).toMatchObject([{ source: 'CLICKHOUSE' }]);
  });

  it('waits for the positions of all shards that the token names', async () => {
    const including = (position: bigint) => ({
      after: { positions: new Map([['s0', position]]), catalogRevision: 0 },
    });
    const clickhouse = counting(28n, { s0: 1, s1: 1 });
    expect((await countBoth(clickhouse, including(50n))).reads).toMatchObject([{ source: 'CLICKHOUSE' }]);
    const beyond = await countBoth(clickhouse, { ...including(51n), fallback: 'PRIMARY' });
    expect(beyond.reads).toMatchObject([{ source: 'PRIMARY', reason: 'TOKEN_NOT_REACHED' }, { source: 'PRIMARY' }]);
  });

  it('is not taken to include a token that it had reached, but not in the copy that was read', async () => {
    const reached = counting(28n, { s0: 1, s1: 1 });
    const restored = { ...reached, positions: async () => new Map([['s0', 60n]]) };
    const { reads } = await countBoth(restored, {
      after: { positions: new Map([['s0', 60n]]), catalogRevision: 0 },
    });
    expect(reads).toMatchObject([{ source: 'PRIMARY', reason: 'TOKEN_NOT_REACHED' }, { source: 'REPLICA' }]);
  });

  it.each<[string, Error]>([
    ['a statement that ran out of time', ended('slow')],
    ['a full pool', ended('busy')],
    ['a request whose time is up', new AtlasError('TIMEOUT', 'too late')],
  ])('passes on %s, without asking anyone else', async (_, error) => {
    await expect(countBoth(rejecting(error))).rejects.toBe(error);
  });

  it('passes on an error that is about the question, without trying another source', async () => {
    await expect(countBoth(failing('LIMIT_EXCEEDED'))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});

describe('a read that ClickHouse has missed', () => {
  /** Over s0 alone. Merged, its servers contribute 3 entities to 7 of ClickHouse; otherwise they have 10. */
  async function merging(clickhouse: ReplicatedSource, given: Partial<FreshnessRequirement>, replicaAge = 40) {
    const merged = (own: ReplicatedSource['reader']): EntityReader => ({
      ask: async (question, signal) => ({
        ...(await own.ask(question, signal)),
        ...{ data: 3n as never, others: 7n as never },
      }),
    });
    const [primary, replica] = [counting(10n, {}), counting(10n, { s0: replicaAge })];
    const router = new ReadRouter({
      sources: {
        shards: [
          {
            ...{ shard: 's0', primary: primary.reader, mergedPrimary: merged(primary.reader) },
            replicas: [{ ...replica, merged: merged(replica.reader) }],
          },
        ],
        clickhouse,
      },
      replication: replicationState({ s0: { clickhouse: sourceState('DEGRADED', 380) } }),
      clock: { now: () => NOW },
      pause: async () => {},
      policy: ROUTE_POLICY,
      onRoute: () => {},
    });
    return router.ask(count(SELECTION), requirement({ ...ANALYTICAL, ...given }), new AbortController().signal);
  }
  const late = counting(28n, { s0: 2_000 });
  const bound = { maxLagMs: 1_000 };

  it('is answered by the primary for what has changed, and by ClickHouse for the others, in the state of the primary', async () => {
    const { data, reads, entities } = await merging(late, { ...bound, fallback: 'PRIMARY' });
    expect([data, entities]).toEqual([10n, [0, 0]]);
    const state = { shard: 's0', lagMs: 0, servedClass: 'REALTIME', stale: false };
    expect(reads).toMatchObject([
      { ...state, source: 'PRIMARY', fellBack: true, reason: 'LAG_EXCEEDED', sourceTimestamp: null },
      { ...state, source: 'CLICKHOUSE', fellBack: false, reason: 'WITHIN_BOUND', health: 'DEGRADED' },
    ]);
    expect(reads[1]?.dataTimestamp).toEqual(reads[0]?.dataTimestamp);
  });

  it('has the lag of the replica, and is as stale as that', async () => {
    const fresh = await merging(late, bound);
    expect(fresh.reads).toMatchObject([
      { source: 'REPLICA', lagMs: 40, stale: false, reason: 'LAG_EXCEEDED' },
      { source: 'CLICKHOUSE', lagMs: 40, stale: false, reason: 'WITHIN_BOUND' },
    ]);
    const stale = await merging(late, bound, 1_500);
    expect(stale.data).toBe(10n);
    expect(stale.reads).toMatchObject([
      { source: 'REPLICA', lagMs: 1_500, stale: true },
      { source: 'CLICKHOUSE', lagMs: 1_500, stale: true, reason: 'LAG_EXCEEDED' },
    ]);
  });

  it('is merged if ClickHouse lacks a token', async () => {
    const after = { positions: new Map([['s0', 51n]]), catalogRevision: 0 };
    const { reads } = await merging(counting(28n, { s0: 10 }), { after, fallback: 'PRIMARY' });
    expect(reads).toMatchObject([
      { source: 'PRIMARY', reason: 'TOKEN_NOT_REACHED' },
      { source: 'CLICKHOUSE', reason: 'WITHIN_BOUND' },
    ]);
  });

  it.each<[string, ReplicatedSource, Partial<FreshnessRequirement>]>([
    ['does not answer', failing('ANALYTICS_UNAVAILABLE'), bound],
    ['has an unknown lag', counting(28n, { s0: null }), bound],
    ['is not preferred', late, { class: 'INTERACTIVE', maxLagMs: 1_000 }],
  ])('is answered by the shard alone if ClickHouse %s', async (_, clickhouse, given) => {
    const { data, reads } = await merging(clickhouse, given);
    expect(data).toBe(10n);
    expect(reads).toMatchObject([{ source: 'REPLICA' }]);
    expect(reads).toHaveLength(1);
  });
});

describe('a read whose request ends', () => {
  it('ends with the reason of its signal, and tries no further source', async () => {
    const request = new AbortController();
    const reason = new AtlasError('TIMEOUT', 'The time is up.');
    const asked: string[] = [];
    const ending = (name: string, ask: () => Promise<never>) => ({
      ...{ positions: async () => new Map<string, bigint>() },
      reader: {
        ask: (_: unknown, signal: AbortSignal) => {
          asked.push(name);
          const answer = ask();
          expect(signal.reason).toBe(reason);
          return answer;
        },
      },
    });
    const untouched = ending('primary', () => Promise.reject(new Error('unexpected')));
    const ended = ending('replica', () => {
      request.abort(reason);
      return Promise.reject(new AtlasError('SHARD_UNAVAILABLE', 'The connection was closed.'));
    });
    const router = new ReadRouter({
      sources: { shards: [{ shard: 's0', primary: untouched.reader, replicas: [ended] }], clickhouse: null },
      ...{
        replication: replicationState({}),
        clock: { now: () => NOW },
        pause: async () => {},
        policy: ROUTE_POLICY,
        onRoute: () => {},
      },
    });
    await expect(router.ask(count(SELECTION), requirement(), request.signal)).rejects.toBe(reason);
    await expect(router.ask(count(SELECTION), requirement(), request.signal)).rejects.toBe(reason);
    expect(asked).toEqual(['replica']);
  });
});

describe('a read from replicas', () => {
  /** Counts over one shard with the given replicas, and returns how often its primary was read. */
  async function countReplicas(
    replicas: ReplicatedSource[],
    given: Partial<FreshnessRequirement> = {},
    shown: Positions = SHOWN,
  ) {
    let askedPrimary = 0;
    const primary: EntityReader = {
      ask: async () => {
        askedPrimary += 1;
        return { data: 11n as never, watermarks: new Map(), shown, observedAt: null };
      },
    };
    const router = new ReadRouter({
      sources: { shards: [{ shard: 's0', primary, replicas }], clickhouse: null },
      replication: replicationState({ s0: { replicas: replicas.map(() => sourceState('HEALTHY', 40)) } }),
      clock: { now: () => NOW },
      pause: async () => {},
      policy: ROUTE_POLICY,
      onRoute: () => {},
    });
    const wanted = requirement({ class: 'OPERATIONAL', maxLagMs: 30_000, fallback: 'PRIMARY', ...given });
    const answer = await router
      .ask(count(SELECTION), wanted, new AbortController().signal)
      .catch((error: unknown) => error);
    return { answer, askedPrimary };
  }
  const replica = counting(10n, { s0: 40 });

  it('goes from a busy replica to another one, and reports it', async () => {
    const { answer, askedPrimary } = await countReplicas([rejecting(ended('busy')), replica]);
    expect(answer).toMatchObject({ data: 10n, reads: [{ source: 'REPLICA', reason: 'SOURCE_BUSY', fellBack: false }] });
    expect(askedPrimary).toBe(0);
  });

  it('never goes from a busy replica to the primary', async () => {
    for (const fallback of ['PRIMARY', 'REPLICA'] as const) {
      const busy = ended('busy');
      const { answer, askedPrimary } = await countReplicas([rejecting(busy)], { fallback });
      expect([answer, askedPrimary]).toEqual([busy, 0]);
    }
  });

  it.each(['PRIMARY', 'REPLICA'] as const)(
    'fails at once, with the strategy %s, if the primary itself has not got as far as the token',
    async (fallback) => {
      const after = { positions: new Map([['s0', 61n]]), catalogRevision: 0 };
      const { answer } = await countReplicas([replica], { after, fallback });
      expect(answer).toMatchObject({
        code: 'FRESHNESS_UNAVAILABLE',
        details: { source: 'PRIMARY', reason: 'TOKEN_NOT_REACHED' },
        message: expect.stringMatching(/restored to an earlier time.*; omit the token to read what is left\./),
      });
    },
  );

  it('passes over a replica that shows less than it had reached: it was replaced in between', async () => {
    const after = { positions: new Map([['s0', 50n]]), catalogRevision: 0 };
    const replaced = counting(10n, { s0: 40 }, new Map([['s0', 49n]]));
    const { answer } = await countReplicas([replaced], { after });
    expect(answer).toMatchObject({ data: 11n, reads: [{ source: 'PRIMARY', reason: 'TOKEN_NOT_REACHED' }] });
  });

  it('does not repeat a statement that ran out of time', async () => {
    const slow = ended('slow');
    const { answer, askedPrimary } = await countReplicas([rejecting(slow), replica]);
    expect([answer, askedPrimary]).toEqual([slow, 0]);
  });

  it('goes on from a replica that is down', async () => {
    const down = rejecting(ended('down'));
    expect(await countReplicas([down, replica])).toMatchObject({ answer: { data: 10n }, askedPrimary: 0 });
    expect(await countReplicas([down])).toMatchObject({ answer: { data: 11n }, askedPrimary: 1 });
  });
});
