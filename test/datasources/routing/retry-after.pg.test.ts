import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { ReplicationMonitor } from '../../../src/datasources/monitoring/replication-monitor.ts';
import { PostgresEntityReader } from '../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { entitiesById } from '../../../src/datasources/questions/entities-by-id.ts';
import { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import { replicaSource } from '../../../src/datasources/routing/replicated-source.ts';
import { ClockBound } from '../../../src/freshness/clock-bound.ts';
import type { FreshnessRequirement } from '../../../src/freshness/freshness.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { beat } from '../../../src/watermarks/heartbeat.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { requirement } from '../../support/requirement.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';

const { mostMs } = ROUTE_POLICY.retry;
const logger = createLogger('silent');
const clock = new ClockBound();
let cluster: TestCluster;
let primary: PostgresPool;
let replica: PostgresPool;
let monitor: ReplicationMonitor;
let router: ReadRouter;

const pool = (role: 'primary' | 'replica', url: string): PostgresPool =>
  new PostgresPool({
    shard: 's0',
    role,
    url,
    size: 4,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 5_000,
    applicationName: 'test',
    logger,
  });

beforeAll(async () => {
  cluster = await startPostgresCluster({ replica: true });
  primary = pool('primary', cluster.endpoints.primary);
  replica = pool('replica', cluster.endpoints.replicas[0] ?? '');
  await run(
    primary,
    `INSERT INTO atlas.shard (shard_id, placement, cluster_id) VALUES ('s0', 'by hash over s0', gen_random_uuid())`,
  );
  const sentAt = systemClock.now();
  clock.observe({ sentAt, remote: await beat(primary, 100), receivedAt: systemClock.now() });
  await vi.waitFor(async () => expect(await run(replica, 'SELECT shard_id FROM atlas.shard')).toHaveLength(1), 10_000);
});

afterEach(() => monitor?.stop());

afterAll(async () => {
  await Promise.all([primary?.close(), replica?.close()]);
  await cluster?.stop();
});

/** Probes that have seen nothing of an earlier test. */
async function observe(): Promise<void> {
  monitor = new ReplicationMonitor({
    shards: [{ primary, replicas: [replica] }],
    clickhouse: null,
    slotName: 'atlas_cdc',
    captureFailure: () => null,
    primaryClocks: { primaryClockAhead: () => clock.maxAhead(systemClock.now()), distrust: () => {} },
    periodMs: 50,
    thresholds: {
      replicaLagMs: 1_000,
      clickhouseLagMs: 1_000,
      changeStreamMessages: 100,
      topicMessages: 50_000,
      slotWalBytes: 1e9,
      slotSafePercent: 0,
    },
    clock: systemClock,
    logger,
  });
  router = new ReadRouter({
    sources: {
      shards: [
        {
          shard: 's0',
          primary: new PostgresEntityReader(primary),
          replicas: [replicaSource(replica, new PostgresEntityReader(replica))],
        },
      ],
      clickhouse: null,
    },
    replication: monitor,
    clock: systemClock,
    pause: async () => {},
    policy: ROUTE_POLICY,
    onRoute: () => {},
  });
  await monitor.start();
}

const run = (on: PostgresPool, text: string, values: unknown[] = []) =>
  on.query<Record<string, string>>({ text, values });

const read = (given: Partial<FreshnessRequirement>) => {
  const question = entitiesById({ tenantId: 1, shard: 's0', ids: ['1'] });
  return router.ask(question, requirement({ fallback: 'FAIL', ...given }), new AbortController().signal);
};

/** What a refused read says. */
async function refusal(given: Partial<FreshnessRequirement>): Promise<{ lagMs: number; retryAfterMs: number }> {
  const error: unknown = await read(given).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'FRESHNESS_UNAVAILABLE' });
  return (error as { details: { lagMs: number; retryAfterMs: number } }).details;
}

/** The time, on the primary, from which lags are driven. */
async function now(): Promise<string> {
  const [row] = await run(primary, 'SELECT clock_timestamp()::text AS now');
  return row?.now ?? '';
}

/** Writes heartbeats that say what a source would show that was `lagMs` behind at `start`, and goes on at `rate`. */
async function advance(start: string, lagMs: number, rate: number): Promise<void> {
  await run(
    primary,
    `UPDATE atlas.shard SET heartbeat_lsn = pg_current_wal_insert_lsn(), heartbeat_at =
       $1::timestamptz - $2 * interval '1 ms' + $3 * (clock_timestamp() - $1::timestamptz)`,
    [start, lagMs, rate],
  );
}

/** The heartbeats that the replica has shown lately have this rate. */
const shows = (rate: number) => {
  const found = monitor.progress('s0', 'REPLICA', 0)?.rate ?? Number.NaN;
  expect(Math.abs(found - rate)).toBeLessThan(0.04 + rate / 40);
};

/** Drives the lag until the probes have seen how it goes. @returns from when it is driven. */
async function driven(lagMs: number, rate: number): Promise<string> {
  const start = await now();
  await advance(start, lagMs, rate);
  await vi.waitFor(async () => {
    const [row] = await run(
      replica,
      `SELECT heartbeat_at < $1::timestamptz - $2 * interval '0.9 ms' AS "isThere" FROM atlas.shard`,
      [start, lagMs],
    );
    expect(row?.isThere).toBe(true);
  });
  await observe();
  await vi.waitFor(() => advance(start, lagMs, rate).then(() => shows(rate)), { timeout: 10_000, interval: 20 });
  return start;
}

describe('a refused read', () => {
  it('is told when a replica that catches up will do, and then it does', async () => {
    const start = await driven(8_000, 3);
    const { lagMs, retryAfterMs } = await refusal({});
    // It gains two seconds per second.
    expect(retryAfterMs / ((lagMs - 1_000) / 2)).toBeGreaterThan(0.6);
    expect(retryAfterMs / ((lagMs - 1_000) / 2)).toBeLessThan(1.7);
    const refusedAt = performance.now();
    await vi.waitFor(
      async () => {
        await advance(start, 8_000, 3);
        await read({});
      },
      { timeout: 15_000, interval: 20 },
    );
    const tookMs = performance.now() - refusedAt;
    expect(retryAfterMs / tookMs).toBeGreaterThan(0.5);
    expect(retryAfterMs / tookMs).toBeLessThan(2);
  });

  it('is told to wait for as long as is configured by one that keeps its distance', async () => {
    await driven(3_000, 1);
    expect(await refusal({})).toMatchObject({ retryAfterMs: mostMs });
  });

  it('is told by the same replica when it will have reached a token', async () => {
    await driven(3_000, 1);
    const [wal] = await run(
      primary,
      `SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn + 1000000000)::text AS position`,
    );
    const positions = new Map([['s0', BigInt(wal?.position ?? 0)]]);
    const { retryAfterMs } = await refusal({
      class: 'OPERATIONAL',
      maxLagMs: 30_000,
      after: { positions, catalogRevision: 0 },
    });
    expect(retryAfterMs).toBeGreaterThan(1_500);
    expect(retryAfterMs).toBeLessThan(6_000);
  });

  it('is told to wait for as long as is configured while replay is paused', async () => {
    await run(replica, 'SELECT pg_wal_replay_pause()');
    await observe();
    await vi.waitFor(() => beat(primary, 20).then(() => shows(0)), { timeout: 10_000, interval: 20 });
    const { lagMs, retryAfterMs } = await refusal({ maxLagMs: 100 });
    expect(lagMs).toBeGreaterThan(400);
    expect(retryAfterMs).toBe(mostMs);
    await run(replica, 'SELECT pg_wal_replay_resume()');
  });
});
