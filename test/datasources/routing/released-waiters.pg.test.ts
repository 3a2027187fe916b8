import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { PostgresEntityReader } from '../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { entitiesById } from '../../../src/datasources/questions/entities-by-id.ts';
import { Admission } from '../../../src/datasources/routing/admission.ts';
import { observeWaiters } from '../../../src/datasources/routing/observe-waiters.ts';
import { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import { replicaSource } from '../../../src/datasources/routing/replicated-source.ts';
import type { FreshnessRequirement } from '../../../src/freshness/freshness.ts';
import type { ReplicationState } from '../../../src/freshness/replication-state.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { systemPause } from '../../../src/lib/pause.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { Metrics } from '../../../src/observability/metrics.ts';
import { beat } from '../../../src/watermarks/heartbeat.ts';
import { writtenPosition } from '../../../src/watermarks/wal-position.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { replicationState, sourceState } from '../../support/replication-state.ts';
import { requirement } from '../../support/requirement.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';

const POOL_SIZE = 4;
const CONNECT_TIMEOUT_MS = 1_000;
/** Every read of the replica takes at least this long. */
const READ_MS = 20;

let cluster: TestCluster;
let primary: PostgresPool;
let replica: PostgresPool;
let monitoring: PostgresPool;

const pool = (role: 'primary' | 'replica', url = '') =>
  new PostgresPool({
    ...{ shard: 's0', role, url, size: POOL_SIZE, connectTimeoutMs: CONNECT_TIMEOUT_MS, statementTimeoutMs: 10_000 },
    ...{ applicationName: 'test', logger: createLogger('silent') },
  });

beforeAll(async () => {
  cluster = await startPostgresCluster({ replica: true });
  primary = pool('primary', cluster.endpoints.primary);
  replica = pool('replica', cluster.endpoints.replicas[0]);
  monitoring = pool('replica', cluster.endpoints.replicas[0]);
  await primary.query({
    text: `INSERT INTO atlas.shard (shard_id, placement, cluster_id) VALUES ('s0', 'by hash over s0', gen_random_uuid())`,
    values: [],
  });
  await beat(primary, 100);
});
afterEach(() => run('SELECT pg_wal_replay_resume()'));
afterAll(async () => {
  await Promise.all([primary?.close(), replica?.close(), monitoring?.close()]);
  await cluster?.stop();
});

const run = (text: string) => monitoring.query({ text, values: [] });

/** Reads whose replica counts as heard all the time, as it does while it answers probes. */
function reading() {
  const slow = {
    shard: 's0',
    role: 'replica' as const,
    query: async <Row extends object>(statement: Parameters<PostgresPool['query']>[0], signal?: AbortSignal) =>
      replica.transaction<Row[]>(
        async (session) => {
          await session.query({ text: `SELECT pg_sleep(${READ_MS / 1_000})`, values: [] });
          return session.query<Row>(statement);
        },
        'READ COMMITTED',
        signal,
      ),
  };
  const admission = new Admission({ size: POOL_SIZE, waitMs: CONNECT_TIMEOUT_MS, clock: systemClock });
  const state = replicationState({});
  const heard = (): ReplicationState['replicas'] => () => [
    { ...sourceState('HEALTHY', 1), answeredAt: systemClock.now() },
  ];
  const router = new ReadRouter({
    sources: {
      shards: [
        {
          shard: 's0',
          primary: new PostgresEntityReader(primary),
          replicas: [replicaSource(monitoring, new PostgresEntityReader(slow), admission)],
        },
      ],
      clickhouse: null,
    },
    replication: { ...state, replicas: heard() },
    clock: systemClock,
    pause: systemPause,
    policy: { ...ROUTE_POLICY, retry: { leastMs: 100, mostMs: 3_600_000 } },
    onRoute: () => {},
  });
  const ask = (given: Partial<FreshnessRequirement>) =>
    router.ask(
      entitiesById({ tenantId: 1, shard: 's0', ids: ['1'] }),
      requirement({ class: 'OPERATIONAL', maxLagMs: 3_600_000, ...given }),
      new AbortController().signal,
    );
  const metrics = new Metrics();
  observeWaiters(metrics, () => router.waiters());
  return { ask, metrics };
}

/** How many reads wait for a token or for a connection, as the metrics say. */
async function shown(metrics: Metrics, what: 'token' | 'connection'): Promise<number> {
  const labels = `shard="s0",source="REPLICA",replica="0",for="${what}"`;
  return Number(new RegExp(`^atlas_token_waiting_reads\\{${labels}\\} (\\d+)$`, 'm').exec(await metrics.text())?.[1]);
}

/** So many reads wait for a token that a replica lacks, and then it gets it. */
async function released(reads: number, given: Partial<FreshnessRequirement>) {
  const { ask, metrics } = reading();
  await run('SELECT pg_wal_replay_pause()');
  await primary.query({ text: `SELECT pg_logical_emit_message(true, 'test', 'wait for me')`, values: [] });
  const after = { positions: new Map([['s0', await writtenPosition(primary)]]), catalogRevision: 0 };
  const waits = Array.from({ length: reads }, () => ask({ after, ...given }));
  const settled = Promise.allSettled(waits);
  await vi.waitFor(async () => expect(await shown(metrics, 'token')).toBe(reads));
  await run('SELECT pg_wal_replay_resume()');
  return { ask, metrics, settled };
}

describe('reads that a replica releases at once', () => {
  it('are all served if the time that they may wait allows it, though it is more than the pool lets anyone wait', async () => {
    // 300 reads of 20 ms on four connections take at least 1.5 s.
    const { settled } = await released(300, { maxWaitMs: 30_000, fallback: 'FAIL' });
    const results = await settled;
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
  });

  it('leave the others to reads without a token, which pass them', async () => {
    const { ask, metrics, settled } = await released(300, { maxWaitMs: 30_000 });
    let left = 300;
    void settled.then(() => {
      left = 0;
    });
    await vi.waitFor(async () => expect(await shown(metrics, 'connection')).toBeGreaterThan(100));
    expect(replica.usage).toMatchObject({ busy: POOL_SIZE, waiting: 0 });
    await ask({});
    expect(left).toBe(300);
    await settled;
    expect([await shown(metrics, 'token'), await shown(metrics, 'connection')]).toEqual([0, 0]);
  });

  it.each(['FAIL', 'PRIMARY'] as const)(
    'and that are not served in time are told when to retry, with %s',
    async (fallback) => {
      const { settled } = await released(500, { maxWaitMs: 500, fallback });
      const results = await settled;
      const served = results.filter(({ status }) => status === 'fulfilled').length;
      expect(served).toBeGreaterThan(POOL_SIZE);
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      expect(refused.length).toBeGreaterThan(0);
      for (const error of refused) {
        expect(error).toMatchObject({
          code: 'FRESHNESS_UNAVAILABLE',
          details: { source: 'REPLICA', reason: 'SOURCE_BUSY' },
        });
        expect(error.message).toContain('has reached the consistency token, but no connection became free in time');
        // At the pace of the reads, all that waited are through by then.
        expect(error.details.retryAfterMs).toBeGreaterThanOrEqual(100);
        expect(error.details.retryAfterMs).toBeLessThan(3_600_000);
      }
    },
  );
});
