import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { PostgresEntityReader } from '../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { entitiesById } from '../../../src/datasources/questions/entities-by-id.ts';
import { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import { replicaSource } from '../../../src/datasources/routing/replicated-source.ts';
import { ClockBound } from '../../../src/freshness/clock-bound.ts';
import type { FreshnessRequirement } from '../../../src/freshness/freshness.ts';
import type { ReplicationState } from '../../../src/freshness/replication-state.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { beat } from '../../../src/watermarks/heartbeat.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { replicationState } from '../../support/replication-state.ts';
import { requirement } from '../../support/requirement.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';

const logger = pino({ level: 'silent' });
let cluster: TestCluster;
let primary: PostgresPool;
let replica: PostgresPool;
/** How waiting for a token passes time. */
let pause: (ms: number) => Promise<void> = async () => {};
let router: ReadRouter;

const pool = (role: 'primary' | 'replica', url: string): PostgresPool =>
  new PostgresPool({
    shard: 's0',
    role,
    url,
    size: 2,
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
    `INSERT INTO atlas.shard (shard_id, placement, cluster_id) VALUES ('s0', 'by hash over s0', '5f0c7c1e-9d5b-4c53-8a59-0b1f3a3f6f11')`,
  );
  const clock = new ClockBound();
  const sentAt = systemClock.now();
  clock.observe({ sentAt, remote: await beat(primary, 100), receivedAt: systemClock.now() });
  // Both servers run on one machine, so they share its clock. The probes always find the replica fresh: only what a read
  // itself measures can send it elsewhere.
  const replication: ReplicationState = {
    ...replicationState({}),
    primaryClockAhead: () => clock.maxAhead(systemClock.now()),
    replicaClockBehind: () => clock.maxBehind(systemClock.now()),
  };
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
    replication,
    clock: systemClock,
    pause: (ms) => pause(ms),
    policy: ROUTE_POLICY,
    onRoute: () => {},
  });
});

afterAll(async () => {
  await primary?.close();
  await replica?.close();
  await cluster?.stop();
});

const run = (text: string, values: unknown[] = []) => primary.query<Record<string, string>>({ text, values });
const replay = (state: 'pause' | 'resume') => replica.query({ text: `SELECT pg_wal_replay_${state}()`, values: [] });

/** Writes the entity's next version and returns the position at which it is visible. */
async function write(): Promise<{ version: bigint; position: bigint }> {
  const [written] = await run(`
    INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
    VALUES (1, 1, 'user', 1, now(), now(), '{}')
    ON CONFLICT (tenant_id, entity_id) DO UPDATE SET version = entity.version + 1 RETURNING version`);
  const [wal] = await run(`SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text AS position`);
  return { version: BigInt(written?.version ?? 0), position: BigInt(wal?.position ?? 0) };
}

/** Leaves the replica with a last heartbeat that is 5 s old, and lets nothing newer reach it. */
async function fallBehind(): Promise<void> {
  await run(`UPDATE atlas.shard SET heartbeat_at = clock_timestamp() - interval '5 s'`);
  const [wal] = await run(`SELECT pg_current_wal_insert_lsn()::text AS lsn`);
  await vi.waitFor(async () => {
    const [row] = await replica.query<{ reached: boolean }>({
      text: 'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS reached',
      values: [wal?.lsn],
    });
    expect(row?.reached).toBe(true);
  });
  await replay('pause');
}

/** A replica that was behind is asked first again after a second or two. */
async function catchUp(): Promise<void> {
  await replay('resume');
  await vi.waitFor(async () => {
    await beat(primary, 100);
    expect((await read()).freshness.source).toBe('REPLICA');
  }, 10_000);
}

async function read(given: Partial<FreshnessRequirement> = {}) {
  const question = entitiesById({ tenantId: 1, shard: 's0', ids: ['1'] });
  const answer = await router.ask(question, requirement(given), new AbortController().signal);
  const [freshness] = answer.reads;
  if (freshness === undefined) throw new Error('the answer came without its freshness');
  return { version: answer.data[0]?.version, freshness };
}

const OPERATIONAL = { class: 'OPERATIONAL', maxLagMs: 30_000 } as const;
const including = (position: bigint) => ({
  after: { positions: new Map([['s0', position]]), catalogRevision: 0 },
});

describe('reads of a replica that keeps up', () => {
  it('come from it, with the lag that the read itself measured', async () => {
    const { version } = await write();
    await vi.waitFor(async () => {
      await beat(primary, 100);
      expect(await read()).toMatchObject({ version, freshness: { source: 'REPLICA', reason: 'WITHIN_BOUND' } });
    });
    const { freshness } = await read();
    expect(freshness).toMatchObject({ stale: false, fellBack: false, shard: 's0' });
    expect(freshness.lagMs).toBeGreaterThanOrEqual(0);
    expect(freshness.lagMs).toBeLessThanOrEqual(1_000);
    expect(freshness.sourceTimestamp?.getTime()).toBeLessThanOrEqual(systemClock.now());
  });

  it('come from the primary if the class requires it', async () => {
    const { version } = await write();
    expect(await read({ class: 'REALTIME', maxLagMs: 100 })).toMatchObject({
      version,
      freshness: { source: 'PRIMARY', reason: 'PRIMARY_REQUIRED', lagMs: 0, sourceTimestamp: null, fellBack: false },
    });
  });
});

describe('reads while replay is paused', () => {
  let old: bigint;
  let current: { version: bigint; position: bigint };

  beforeAll(async () => {
    old = (await write()).version;
    await fallBehind();
    current = await write();
    await beat(primary, 100);
  });

  it('fall back to the primary, within the bound, and report why', async () => {
    expect(await read()).toMatchObject({
      version: current.version,
      freshness: { source: 'PRIMARY', reason: 'LAG_EXCEEDED', fellBack: true, stale: false, lagMs: 0 },
    });
  });

  it('fail with FRESHNESS_UNAVAILABLE if the strategy is FAIL, and report the measured lag', async () => {
    const failure = await read({ fallback: 'FAIL' }).catch((error) => error);
    expect(failure).toMatchObject({ code: 'FRESHNESS_UNAVAILABLE', details: { reason: 'LAG_EXCEEDED', shard: 's0' } });
    expect(failure.details.lagMs).toBeGreaterThanOrEqual(5_000);
  });

  it('serve what the replica has, marked stale, if the strategy is REPLICA', async () => {
    const { version, freshness } = await read({ fallback: 'REPLICA' });
    expect(version).toBe(old);
    expect(freshness).toMatchObject({
      source: 'REPLICA',
      stale: true,
      fellBack: false,
      reason: 'LAG_EXCEEDED',
      servedClass: 'OPERATIONAL',
    });
    expect(freshness.lagMs).toBeGreaterThanOrEqual(5_000);
  });

  it('are served by the replica if its lag is within a looser class', async () => {
    expect(await read(OPERATIONAL)).toMatchObject({
      version: old,
      freshness: { source: 'REPLICA', stale: false, reason: 'WITHIN_BOUND' },
    });
  });

  it('go to the primary for a token that the replica has not reached in time', async () => {
    expect(await read({ ...OPERATIONAL, ...including(current.position), maxWaitMs: 30 })).toMatchObject({
      version: current.version,
      freshness: { source: 'PRIMARY', reason: 'TOKEN_NOT_REACHED', fellBack: true },
    });
  });

  it("never serve stale data without the token's write, also with the strategy REPLICA", async () => {
    expect(await read({ fallback: 'REPLICA', ...including(current.position) })).toMatchObject({
      version: current.version,
      freshness: { source: 'PRIMARY', reason: 'TOKEN_NOT_REACHED', stale: false },
    });
  });

  it('fail with FRESHNESS_UNAVAILABLE for such a token if the strategy is FAIL', async () => {
    await expect(read({ ...OPERATIONAL, fallback: 'FAIL', ...including(current.position) })).rejects.toMatchObject({
      code: 'FRESHNESS_UNAVAILABLE',
      details: { reason: 'TOKEN_NOT_REACHED', lagMs: null },
    });
  });

  it('wait for the token, and come from the replica once it has the write', async () => {
    pause = async () => {
      await replay('resume');
    };
    expect(await read({ ...OPERATIONAL, ...including(current.position), maxWaitMs: 10_000 })).toMatchObject({
      version: current.version,
      freshness: { source: 'REPLICA', reason: 'WITHIN_BOUND', fellBack: false },
    });
  });

  it('return to the replica after replay is resumed', async () => {
    await catchUp();
    expect(await read()).toMatchObject({
      version: current.version,
      freshness: { source: 'REPLICA', lagMs: expect.any(Number) },
    });
  });
});

describe('reads while the replica is down', () => {
  beforeAll(async () => {
    await cluster.replica?.stop('immediate');
  });

  it('fall back to the primary', async () => {
    expect((await read()).freshness).toMatchObject({ source: 'PRIMARY', reason: 'SOURCE_DOWN', fellBack: true });
  });

  it('fail with FRESHNESS_UNAVAILABLE if the strategy is FAIL', async () => {
    await expect(read({ fallback: 'FAIL' })).rejects.toMatchObject({
      code: 'FRESHNESS_UNAVAILABLE',
      details: { reason: 'SOURCE_DOWN' },
    });
  });
});
