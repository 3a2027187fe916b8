import { describe, expect, it } from 'vitest';
import { entitiesById } from '../../../src/datasources/questions/entities-by-id.ts';
import { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import type { FreshnessRequirement } from '../../../src/freshness/freshness.ts';
import { PrimaryClocks } from '../../../src/freshness/primary-clocks.ts';
import { ClockStops } from '../../../src/lib/clock-stops.ts';
import { replicationState } from '../../support/replication-state.ts';
import { requirement } from '../../support/requirement.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';
import { SimulatedShard, SimulatedTime } from '../support/simulated-shard.ts';

const START = 1_000_000;
const SUSPENDED_MS = 10_000;
const latency = [1, 1, 1] as const;

/** A process on a machine that is suspended: true time goes on, the monotonic clock does not, and the wall clock is set right. */
async function process(wallIsSetRight = true) {
  const time = new SimulatedTime(START);
  let lost = 0;
  const clock = { now: () => time.ms - lost };
  const clocks = new PrimaryClocks(
    clock,
    new ClockStops(() => Math.floor(wallIsSetRight ? time.ms : clock.now()), clock.now),
  );
  const history = { commits: [START + 100], heartbeats: [START - 20], clockOffset: 0, down: false };
  const shard = new SimulatedShard('s0', time, history);
  const replica = { delay: 5, frozenAt: START + 50, clockOffset: 0, down: false, latency };
  const heartbeat = () =>
    clocks.measure('s0', async () => {
      await time.pass(1);
      const remote = time.ms;
      await time.pass(1);
      return remote;
    });
  await heartbeat();
  const router = new ReadRouter({
    sources: {
      shards: [{ shard: 's0', primary: shard.primary(latency), replicas: [shard.replicated(replica)] }],
      clickhouse: null,
    },
    replication: { ...replicationState({}), primaryClockAhead: (id) => clocks.primaryClockAhead(id) },
    clock,
    pause: time.pass,
    policy: ROUTE_POLICY,
    onRoute: () => {},
  });
  return {
    time,
    clocks,
    heartbeat,
    suspend: (ms = SUSPENDED_MS) => {
      time.ms += ms;
      lost += ms;
    },
    read: async (given: Partial<FreshnessRequirement> = {}) => {
      const question = entitiesById({ tenantId: 1, shard: 's0', ids: ['1'] });
      const answer = await router.ask(question, requirement(given), new AbortController().signal);
      const [read] = answer.reads;
      if (read === undefined) throw new Error('the answer came without its freshness');
      return read;
    },
  };
}

describe('a process on a machine that was suspended', () => {
  it('does not take a replica for fresh by what it measured before', async () => {
    const { read, suspend } = await process();
    expect(await read()).toMatchObject({ source: 'REPLICA', reason: 'WITHIN_BOUND' });
    suspend();
    // By the clock that stood still, the replica, which lacks a write since, would be some milliseconds behind.
    expect(await read()).toMatchObject({ source: 'PRIMARY', reason: 'LAG_UNKNOWN', fellBack: true });
    expect(await read({ fallback: 'REPLICA' })).toMatchObject({ source: 'REPLICA', stale: true, lagMs: null });
    await expect(read({ fallback: 'FAIL' })).rejects.toMatchObject({
      code: 'FRESHNESS_UNAVAILABLE',
      details: { reason: 'LAG_UNKNOWN' },
    });
  });

  it('measures the whole lag again after the next heartbeat', async () => {
    const { read, suspend, heartbeat } = await process();
    suspend();
    await heartbeat();
    const { lagMs, stale } = await read({ fallback: 'REPLICA' });
    expect(lagMs).toBeGreaterThanOrEqual(SUSPENDED_MS);
    expect(stale).toBe(true);
  });

  it('ignores a round trip during which it was suspended', async () => {
    const { clocks, suspend, time } = await process();
    await clocks.measure('s0', async () => {
      const remote = time.ms;
      suspend();
      return remote;
    });
    expect(clocks.primaryClockAhead('s0')).toBeNull();
  });

  it('forgets what a round trip says once another clock has shown that it may have been suspended', async () => {
    const { clocks, suspend, time, read } = await process(false);
    suspend();
    clocks.distrust();
    expect(await read()).toMatchObject({ source: 'PRIMARY', reason: 'LAG_UNKNOWN' });
    await clocks.measure('s0', async () => {
      clocks.distrust();
      return time.ms;
    });
    expect(clocks.primaryClockAhead('s0')).toBeNull();
  });

  it('goes on with what it knows if it was only stopped, because its clocks went on', async () => {
    const { read, time } = await process();
    time.ms += 700;
    const { lagMs, source } = await read();
    expect(source).toBe('REPLICA');
    expect(lagMs).toBeGreaterThanOrEqual(700);
    time.ms += 60_000;
    expect(await read()).toMatchObject({ source: 'PRIMARY', reason: 'LAG_EXCEEDED' });
  });
});
