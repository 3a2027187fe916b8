import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import type { EntityReader } from '../../../src/datasources/entity-reader.ts';
import { count } from '../../../src/datasources/questions/count.ts';
import { FallbackLimit } from '../../../src/datasources/routing/fallback-limit.ts';
import { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import { MATCH_ALL } from '../../../src/domain/filter/filter.ts';
import type { FreshnessClass, FreshnessRequirement } from '../../../src/freshness/freshness.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { replicationState, sourceState } from '../../support/replication-state.ts';
import { requirement } from '../../support/requirement.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';

const NOW = 1_000_000;
const POOL_SIZE = 4;
const FALLBACKS = 2;
const WAIT_MS = 300;
/** The advisory lock that holds every read on the primary until the test lets it go. */
const GATE = 4711;

let cluster: TestCluster;
let primary: PostgresPool;
let gate: PostgresPool;
let limit: FallbackLimit;
let underWay: Promise<unknown>[] = [];
let overloads: string[] = [];

const pool = (size: number, connectTimeoutMs: number): PostgresPool =>
  new PostgresPool({
    shard: 's0',
    role: 'primary',
    url: cluster.endpoints.primary,
    size,
    connectTimeoutMs,
    statementTimeoutMs: 20_000,
    applicationName: 'test',
    logger: createLogger('silent'),
  });

beforeAll(async () => {
  cluster = await startPostgresCluster({ replica: false });
  primary = pool(POOL_SIZE, 5_000);
  gate = pool(1, 5_000);
});

afterAll(async () => {
  await Promise.all([primary?.close(), gate?.close()]);
  await cluster?.stop();
});

const run = (on: PostgresPool, text: string) => on.query<{ n: number }>({ text, values: [] });

/** Holds all reads on the primary while the test runs. */
async function closed(test: () => Promise<void>): Promise<void> {
  await run(gate, `SELECT pg_advisory_lock(${GATE})`);
  try {
    await test();
  } finally {
    await run(gate, `SELECT pg_advisory_unlock(${GATE})`);
    await Promise.allSettled(underWay);
  }
}

afterEach(() => {
  underWay = [];
  overloads = [];
});

const shown = new Map([['s0', 50n]]);

/** Counts over one shard, whose replica lags and whose primary answers once the gate is open. */
function router(relaxed: readonly FreshnessClass[], replicaLagMs: number): ReadRouter {
  limit = new FallbackLimit({ size: FALLBACKS, waitMs: WAIT_MS, poolWaiting: () => primary.usage.waiting });
  const gated: EntityReader = {
    ask: async () => {
      await run(primary, `SELECT 1 AS n FROM pg_advisory_xact_lock_shared(${GATE})`);
      return { data: 11n as never, watermarks: new Map(), shown, observedAt: null };
    },
  };
  const watermarks = new Map([['s0', { heartbeatAt: NOW - replicaLagMs, lsn: 50n }]]);
  const replica = {
    reader: { ask: async () => ({ data: 10n as never, watermarks, shown, observedAt: null }) },
    positions: async () => new Map([['s0', 50n]]),
  };
  return new ReadRouter({
    sources: { shards: [{ shard: 's0', primary: gated, replicas: [replica], fallbacks: limit }], clickhouse: null },
    replication: replicationState({ s0: { replicas: [sourceState('DEGRADED', replicaLagMs)] } }),
    clock: { now: () => NOW },
    pause: async () => {},
    policy: { ...ROUTE_POLICY, relaxed: new Set(relaxed) },
    onRoute: () => {},
    onOverload: (shard, requested, outcome) => overloads.push(`${shard} ${requested} ${outcome}`),
  });
}

/** @returns what the read answers, or the error. */
function ask(reads: ReadRouter, given: Partial<FreshnessRequirement> = {}) {
  const question = count({ tenantId: 1, type: null, filter: MATCH_ALL });
  const answer = reads.ask(question, requirement(given), new AbortController().signal).catch((error: unknown) => error);
  underWay.push(answer);
  return answer;
}

/** Sends reads that fall back until they take their whole part of the pool. */
async function fill(reads: ReadRouter): Promise<void> {
  for (let n = 0; n < FALLBACKS; n++) void ask(reads);
  await vi.waitFor(() => expect(limit.usage.running).toBe(FALLBACKS));
}

const REALTIME = { class: 'REALTIME', maxLagMs: 100 } as const;
const OPERATIONAL = { class: 'OPERATIONAL', maxLagMs: 30_000 } as const;

describe('reads that fall back to a primary', () => {
  it('take no more than their part of its connections, so that writes and REALTIME reads get through', () =>
    closed(async () => {
      const reads = router([], 5_000);
      const fallen = Array.from({ length: 10 }, () => ask(reads));
      await vi.waitFor(() => expect(limit.usage).toEqual({ running: FALLBACKS, waiting: 8 }));
      expect(primary.usage).toMatchObject({ busy: FALLBACKS, waiting: 0 });
      expect(await run(primary, 'SELECT 2 AS n')).toEqual([{ n: 2 }]);
      void ask(reads, REALTIME);
      await vi.waitFor(() => expect(primary.usage).toMatchObject({ busy: FALLBACKS + 1, waiting: 0 }));
      const refused = (await Promise.all(fallen.slice(FALLBACKS))).map((error) => (error as { code: string }).code);
      expect(refused).toEqual(Array.from({ length: 8 }, () => 'FRESHNESS_UNAVAILABLE'));
    }));

  it('are refused after a while without room, and are told when to retry', () =>
    closed(async () => {
      const reads = router([], 5_000);
      await fill(reads);
      expect(await ask(reads)).toMatchObject({
        code: 'FRESHNESS_UNAVAILABLE',
        message: expect.stringContaining('has no connection left for reads that fall back'),
        details: { source: 'PRIMARY', shard: 's0', reason: 'SOURCE_BUSY', retryAfterMs: 10_000 },
      });
      expect(overloads).toEqual(['s0 INTERACTIVE refused']);
    }));

  it('are served by the primary as soon as there is room', async () => {
    const reads = router([], 5_000);
    await closed(() => fill(reads));
    expect(await ask(reads)).toMatchObject({
      data: 11n,
      reads: [{ source: 'PRIMARY', reason: 'LAG_EXCEEDED', fellBack: true, stale: false }],
    });
    expect(overloads).toEqual([]);
  });

  it('are served by the replica, marked stale, if the bound of their class may be relaxed', () =>
    closed(async () => {
      const reads = router(['INTERACTIVE'], 5_000);
      await fill(reads);
      expect(await ask(reads)).toMatchObject({
        data: 10n,
        reads: [{ source: 'REPLICA', reason: 'OVERLOAD_RELAXED', stale: true, fellBack: false, lagMs: 5_000 }],
      });
      expect(overloads).toEqual(['s0 INTERACTIVE relaxed']);
    }));

  it('are relaxed for the configured classes only', () =>
    closed(async () => {
      const reads = router(['OPERATIONAL'], 40_000);
      await fill(reads);
      const [operational, interactive] = await Promise.all([ask(reads, OPERATIONAL), ask(reads)]);
      expect(operational).toMatchObject({ reads: [{ reason: 'OVERLOAD_RELAXED', stale: true, lagMs: 40_000 }] });
      expect(interactive).toMatchObject({ code: 'FRESHNESS_UNAVAILABLE' });
    }));

  it('are never relaxed below a token that the replica has not reached', () =>
    closed(async () => {
      const reads = router(['INTERACTIVE'], 5_000);
      await fill(reads);
      const after = { cluster: 'c', positions: new Map([['s0', 51n]]), catalogRevision: 0 };
      expect(await ask(reads, { after })).toMatchObject({ code: 'FRESHNESS_UNAVAILABLE' });
    }));

  it('are not relaxed if a replica is within the bound', () =>
    closed(async () => {
      const reads = router(['INTERACTIVE'], 500);
      const took = limit.run(
        () => run(primary, `SELECT 1 AS n FROM pg_advisory_xact_lock_shared(${GATE})`),
        new AbortController().signal,
      );
      underWay.push(took);
      expect(await ask(reads)).toMatchObject({ reads: [{ source: 'REPLICA', reason: 'WITHIN_BOUND', stale: false }] });
      expect(overloads).toEqual([]);
    }));

  it('of analytics are not stale if the replica is within their bound, and fell back', () =>
    closed(async () => {
      const reads = router(['ANALYTICAL'], 5_000);
      await fill(reads);
      expect(await ask(reads, { class: 'ANALYTICAL', maxLagMs: 300_000 })).toMatchObject({
        reads: [{ source: 'REPLICA', reason: 'OVERLOAD_RELAXED', stale: false, fellBack: true, lagMs: 5_000 }],
      });
    }));
});
