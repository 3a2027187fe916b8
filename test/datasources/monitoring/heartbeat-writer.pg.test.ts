import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { HeartbeatWriter } from '../../../src/datasources/monitoring/heartbeat-writer.ts';
import { PrimaryClocks } from '../../../src/freshness/primary-clocks.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { ClockStops } from '../../../src/lib/clock-stops.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { beat } from '../../../src/watermarks/heartbeat.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';

const logger = createLogger('silent');

let cluster: TestCluster;
let primary: PostgresPool;

beforeAll(async () => {
  cluster = await startPostgresCluster();
  primary = new PostgresPool({
    shard: 's0',
    role: 'primary',
    url: cluster.endpoints.primary,
    size: 2,
    connectTimeoutMs: 1_000,
    statementTimeoutMs: 1_000,
    applicationName: 'atlas-test',
    logger,
  });
  await run(
    "INSERT INTO atlas.shard (shard_id, placement, cluster_id) VALUES ('s0', 'by hash over s0', gen_random_uuid())",
  );
});
afterAll(async () => {
  await primary?.close();
  await cluster?.stop();
});
beforeEach(() => run('UPDATE atlas.shard SET heartbeat_at = NULL, heartbeat_lsn = NULL'));

async function run(text: string): Promise<void> {
  await primary.query({ text, values: [] });
}

/** Milliseconds since the epoch, with the microseconds that a Date would round; 0 if there is none. */
async function heartbeat(): Promise<number> {
  const [row] = await primary.query<{ at: number | null; lsn: string | null }>({
    text: 'SELECT (extract(epoch FROM heartbeat_at) * 1000)::float8 AS at, heartbeat_lsn AS lsn FROM atlas.shard',
    values: [],
  });
  expect(row?.at === null).toBe(row?.lsn === null);
  return row?.at ?? 0;
}

describe('a beat', () => {
  it("writes the primary's clock and returns it", async () => {
    const before = systemClock.now();
    const clock = await beat(primary, 100);
    expect(await heartbeat()).toBeGreaterThan(before - 1000);
    expect(Math.abs(clock - before)).toBeLessThan(1000);
  });

  it('writes nothing if another process has just written one, and still returns the clock', async () => {
    await beat(primary, 60_000);
    const written = await heartbeat();
    expect(await beat(primary, 60_000)).toBeGreaterThan(written);
    expect(await heartbeat()).toBe(written);
  });

  it('replaces a beat from the future, which a clock that was set back leaves behind', async () => {
    await run("UPDATE atlas.shard SET heartbeat_at = clock_timestamp() + interval '1 hour', heartbeat_lsn = '0/1'");
    await beat(primary, 60_000);
    const clock = await beat(primary, 60_000);
    expect(await heartbeat()).toBeLessThan(clock);
  });
});

describe('the heartbeat writer', () => {
  const clocks = new PrimaryClocks(systemClock, new ClockStops());
  const writer = () => new HeartbeatWriter({ primaries: [primary], intervalMs: 20, clocks, logger });

  it('keeps beating until it is stopped', async () => {
    const heartbeats = writer();
    await heartbeats.start();
    await vi.waitFor(async () => expect(await heartbeat()).toBeGreaterThan(0), 5000);
    const first = await heartbeat();
    await vi.waitFor(async () => expect(await heartbeat()).toBeGreaterThan(first), 5000);
    await heartbeats.stop();
    const last = await heartbeat();
    await beat(primary, 60_000);
    expect(await heartbeat()).toBe(last);
  });

  it("bounds how far the primary's clock is ahead, which is nothing on one machine", async () => {
    clocks.distrust();
    const heartbeats = writer();
    expect(clocks.primaryClockAhead('s0')).toBeNull();
    await heartbeats.start();
    await vi.waitFor(() => expect(clocks.primaryClockAhead('s0') ?? Number.NaN).toBeLessThan(20), 5000);
    expect(clocks.primaryClockAhead('s0')).toBeGreaterThan(-20);
    expect(clocks.primaryClockAhead('elsewhere')).toBeNull();
    await heartbeats.stop();
  });

  it('survives a primary that is down and beats again when it is back', async () => {
    const heartbeats = writer();
    const warn = vi.spyOn(logger, 'warn');
    const info = vi.spyOn(logger, 'info');
    await heartbeats.start();
    await vi.waitFor(async () => expect(await heartbeat()).toBeGreaterThan(0), 5000);
    await cluster.primary.stop('immediate');
    await vi.waitFor(() => expect(warn).toHaveBeenCalled(), 5000);
    await cluster.primary.start();
    const restarted = systemClock.now();
    await vi.waitFor(async () => expect(await heartbeat()).toBeGreaterThan(restarted), 5000);
    await vi.waitFor(() => expect(info).toHaveBeenCalled(), 5000);
    expect(warn).toHaveBeenCalledTimes(1);
    await heartbeats.stop();
  });
});
