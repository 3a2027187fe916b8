import { LogicalReplicationService, PgoutputPlugin } from 'pg-logical-replication';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { HeartbeatWriter } from '../../../src/datasources/monitoring/heartbeat-writer.ts';
import { ReplicationMonitor } from '../../../src/datasources/monitoring/replication-monitor.ts';
import type { DataSource } from '../../../src/freshness/freshness.ts';
import { PrimaryClocks } from '../../../src/freshness/primary-clocks.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { ClockStops } from '../../../src/lib/clock-stops.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { startClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';

const DEADLINE = 10_000;
const SLOT = 'atlas_cdc';
const logger = createLogger('silent');
const thresholds = {
  replicaLagMs: 1_000,
  clickhouseLagMs: 1_000,
  changeStreamMessages: 100,
  topicMessages: 50_000,
  slotWalBytes: 1e9,
  slotSafePercent: 0,
};

let cluster: TestCluster;
let engine: TestClickHouse;
let primary: PostgresPool;
let replica: PostgresPool;
let clickhouse: ClickHouseDatabase;
let heartbeats: HeartbeatWriter;
const clocks = new PrimaryClocks(systemClock, new ClockStops());
let monitor: ReplicationMonitor;
let failure: string | null = null;

beforeAll(async () => {
  [cluster, engine] = await Promise.all([startPostgresCluster({ replica: true }), startClickHouse()]);
  primary = connect('primary', cluster.endpoints.primary);
  replica = connect('replica', cluster.endpoints.replicas[0] ?? '');
  clickhouse = await engine.connect();
  await run(
    primary,
    "INSERT INTO atlas.shard (shard_id, placement, cluster_id) VALUES ('s0', 'by hash over s0', gen_random_uuid())",
  );
  heartbeats = beating();
  monitor = new ReplicationMonitor({
    shards: [{ primary, replicas: [replica] }],
    clickhouse,
    slotName: SLOT,
    captureFailure: () => failure,
    primaryClocks: clocks,
    periodMs: 50,
    thresholds,
    clock: systemClock,
    logger,
  });
  await heartbeats.start();
  await monitor.start();
});
afterAll(async () => {
  await monitor?.stop();
  await heartbeats?.stop();
  await Promise.all([primary?.close(), replica?.close()]);
  await Promise.all([cluster?.stop(), engine?.stop()]);
});

function connect(role: 'primary' | 'replica', url: string): PostgresPool {
  return new PostgresPool({
    shard: 's0',
    role,
    url,
    size: 2,
    connectTimeoutMs: 1_000,
    statementTimeoutMs: 1_000,
    applicationName: 'atlas-test',
    logger,
  });
}

function beating(): HeartbeatWriter {
  return new HeartbeatWriter({ primaries: [primary], intervalMs: 20, clocks, logger });
}

async function run(database: PostgresPool, text: string): Promise<void> {
  await database.query({ text, values: [] });
}

function becomes(source: DataSource, expected: object): Promise<void> {
  return vi.waitFor(() => expect(monitor.source('s0', source)).toMatchObject(expected), DEADLINE);
}

/** As the replicator does it. */
async function applyWatermark(pendingMessages: number): Promise<void> {
  const [row] = await primary.query<{ at: string; lsn: string }>({
    text: `SELECT (extract(epoch FROM heartbeat_at) * 1e6)::bigint AS at, pg_current_wal_lsn() - '0/0' AS lsn FROM atlas.shard`,
    values: [],
  });
  await clickhouse.insert('replication_watermark', [
    { shard: 's0', copy_id: 1, lsn: row?.lsn, heartbeat_at: row?.at, pending_messages: pendingMessages },
  ]);
}

describe('the replication monitor', () => {
  it('finds the primary up and a replica that keeps up, whose lag is never 0', async () => {
    await becomes('PRIMARY', { health: 'HEALTHY', lagMs: 0 });
    await becomes('REPLICA', { health: 'HEALTHY' });
    const { lagMs, probedLagMs } = monitor.source('s0', 'REPLICA');
    expect(lagMs).toBeGreaterThan(0);
    expect(probedLagMs).toBeLessThanOrEqual(lagMs ?? 0);
    expect(monitor.replicas('s0')).toHaveLength(1);
  });

  it("bounds the replica's clock, which is the primary's on one machine", async () => {
    await vi.waitFor(() => expect(monitor.replicaClockBehind('s0', 0) ?? Number.NaN).toBeLessThan(20), DEADLINE);
    expect(monitor.replicaClockBehind('s0', 0)).toBeGreaterThan(-20);
    expect(monitor.replicaClockBehind('s0', 1)).toBeNull();
  });

  it('reports that the lag grows while replay is paused, and falls when it resumes', async () => {
    await run(replica, 'SELECT pg_wal_replay_pause()');
    const pausedAt = systemClock.now();
    await becomes('REPLICA', { health: 'DEGRADED' });
    expect(monitor.source('s0', 'REPLICA').lagMs).toBeGreaterThan(1000);
    expect(monitor.source('s0', 'REPLICA').lagMs).toBeLessThan(systemClock.now() - pausedAt + 1000);
    await run(replica, 'SELECT pg_wal_replay_resume()');
    await becomes('REPLICA', { health: 'HEALTHY' });
  });

  it('distrusts the clocks of the primaries once that of a replica shows that ours may have stood still', async () => {
    let lostMs = 0;
    const distrust = vi.fn();
    const suspended = new ReplicationMonitor({
      shards: [{ primary, replicas: [replica] }],
      clickhouse: null,
      slotName: SLOT,
      captureFailure: () => null,
      primaryClocks: { primaryClockAhead: () => 0, distrust },
      periodMs: 50,
      thresholds,
      clock: { now: () => systemClock.now() - lostMs },
      logger,
    });
    await suspended.start();
    await vi.waitFor(() => expect(suspended.replicaClockBehind('s0', 0)).not.toBeNull(), DEADLINE);
    expect(distrust).not.toHaveBeenCalled();
    lostMs = 60_000;
    await vi.waitFor(() => expect(distrust).toHaveBeenCalled(), DEADLINE);
    await suspended.stop();
  });

  it('lets the lag grow when the heartbeat stops, because changes may have been missed', async () => {
    await becomes('REPLICA', { health: 'HEALTHY' });
    await heartbeats.stop();
    await becomes('REPLICA', { health: 'DEGRADED' });
    clocks.distrust();
    heartbeats = beating();
    expect(monitor.source('s0', 'REPLICA'), 'without a bound on the clock').toEqual({
      answeredAt: expect.any(Number),
      health: 'DOWN',
      lagMs: null,
      probedLagMs: null,
    });
    await heartbeats.start();
    await becomes('REPLICA', { health: 'HEALTHY' });
  });

  it('reports a replica that is down as unknown', async () => {
    await cluster.replica?.stop('immediate');
    await becomes('REPLICA', { health: 'DOWN', lagMs: null });
    expect(monitor.source('s0', 'PRIMARY').health).toBe('HEALTHY');
    expect(monitor.replicas('s0')[0]?.answeredAt).toBeNull();
    monitor.answered('s0', 'REPLICA', 0);
    expect(monitor.replicas('s0')[0]?.answeredAt, 'an answer to a read').toEqual(expect.any(Number));
    await becomes('REPLICA', { answeredAt: null });
    await cluster.replica?.start();
    await becomes('REPLICA', { health: 'HEALTHY' });
  });

  it('dates ClickHouse by the last watermark; before the first, its lag is unknown', async () => {
    expect(monitor.source('s0', 'CLICKHOUSE')).toMatchObject({ health: 'DOWN', lagMs: null });
    await applyWatermark(0);
    await becomes('CLICKHOUSE', { health: 'HEALTHY' });
    expect(monitor.source('s0', 'CLICKHOUSE').lagMs).toBeGreaterThan(0);
    await becomes('CLICKHOUSE', { health: 'DEGRADED' });
    expect(monitor.source('s0', 'CLICKHOUSE').lagMs).toBeGreaterThan(1000);
  });

  it('reports the change stream as down without its slot, and without a replicator on it', async () => {
    const down = { health: 'DOWN', lagMessages: null, failure: null };
    expect(monitor.changeStream('s0')).toEqual({ ...down, lagBytes: null });
    await run(primary, `SELECT pg_create_logical_replication_slot('${SLOT}', 'pgoutput')`);
    await vi.waitFor(
      () => expect(monitor.changeStream('s0')).toEqual({ ...down, lagBytes: expect.any(Number) }),
      DEADLINE,
    );
  });

  it('misses nothing without ClickHouse, but reports a slot that was left and retains WAL', async () => {
    const alone = new ReplicationMonitor({
      ...{ shards: [{ primary, replicas: [] }], clickhouse: null, captureFailure: () => null },
      ...{ slotName: 'atlas_not_there', catalogSlots: () => [SLOT] },
      ...{ primaryClocks: clocks, periodMs: 50, thresholds, clock: systemClock, logger },
    });
    await alone.start();
    onTestFinished(() => alone.stop());
    await vi.waitFor(() => expect(alone.slots('s0')).toMatchObject([{ name: SLOT, health: 'HEALTHY' }]), DEADLINE);
    expect(alone.hasClickHouse).toBe(false);
    expect(alone.changeStream('s0')).toEqual({ health: 'HEALTHY', lagBytes: null, lagMessages: null, failure: null });
    await run(primary, "SELECT pg_create_logical_replication_slot('atlas_not_there', 'pgoutput')");
    onTestFinished(() => run(primary, "SELECT pg_drop_replication_slot('atlas_not_there')"));
    await vi.waitFor(() => expect(alone.slots('s0')[0]).toMatchObject({ name: 'atlas_not_there' }), DEADLINE);
  });

  it('counts what the replicator has received and not yet written, and is down once that has failed', async () => {
    const replicator = new LogicalReplicationService({ connectionString: cluster.endpoints.primary });
    const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: ['atlas_cdc'] });
    const streaming = replicator.subscribe(plugin, SLOT).catch(() => {});
    await applyWatermark(3);
    const state = () => monitor.changeStream('s0');
    await vi.waitFor(() => expect(state()).toMatchObject({ health: 'HEALTHY', lagMessages: 3 }), DEADLINE);
    await applyWatermark(101);
    await vi.waitFor(() => expect(state()).toMatchObject({ health: 'DEGRADED', lagMessages: 101 }), DEADLINE);
    await applyWatermark(3);
    await vi.waitFor(() => expect(state()).toMatchObject({ health: 'HEALTHY' }), DEADLINE);
    failure = 'atlas.entity was truncated.';
    expect(state()).toMatchObject({ health: 'DOWN', failure });
    failure = null;
    await replicator.stop();
    await streaming;
    await vi.waitFor(() => expect(state()).toMatchObject({ health: 'DOWN', lagMessages: null }), DEADLINE);
  });

  it('reports a primary that is down as unknown, while the lag of its replica grows', async () => {
    await becomes('REPLICA', { health: 'HEALTHY' });
    await cluster.primary.stop('immediate');
    await becomes('PRIMARY', { health: 'DOWN', lagMs: null });
    await becomes('REPLICA', { health: 'DEGRADED' });
    expect(monitor.changeStream('s0')).toEqual({ health: 'DOWN', lagBytes: null, lagMessages: null, failure: null });
    await cluster.primary.start();
    await becomes('PRIMARY', { health: 'HEALTHY' });
    await becomes('REPLICA', { health: 'HEALTHY' });
  });
});
