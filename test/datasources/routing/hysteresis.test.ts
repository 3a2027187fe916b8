import { describe, expect, it } from 'vitest';
import { entitiesById } from '../../../src/datasources/questions/entities-by-id.ts';
import { ReadRouter } from '../../../src/datasources/routing/read-router.ts';
import { routeShard } from '../../../src/freshness/route.ts';
import { replicationState, sourceState } from '../../support/replication-state.ts';
import { requirement } from '../../support/requirement.ts';
import { ROUTE_POLICY } from '../../support/route-policy.ts';
import { SimulatedShard, SimulatedTime } from '../support/simulated-shard.ts';

const START = 1_000_000;
const latency = [0, 0, 0] as const;
const BOUND = 1_000;

/** One shard with a replica whose lag, and what the probes say of it, the test drives. */
function drivenShard(primaryIsDown = false) {
  const time = new SimulatedTime(START);
  const replica = { delay: 0, frozenAt: Number.POSITIVE_INFINITY, clockOffset: 0, down: false, latency };
  const history = { commits: [], heartbeats: [] as number[], clockOffset: 0, down: primaryIsDown };
  const shard = new SimulatedShard('s0', time, history);
  let probedLagMs = 0;
  const router = new ReadRouter({
    sources: {
      shards: [{ shard: 's0', primary: shard.primary(latency), replicas: [shard.replicated(replica)] }],
      clickhouse: null,
    },
    replication: {
      ...replicationState({}),
      replicas: () => [sourceState('HEALTHY', probedLagMs)],
    },
    clock: time,
    pause: time.pass,
    policy: ROUTE_POLICY,
    onRoute: () => {},
  });
  return {
    /** Reads at a moment at which the replica lags this much. A probe has found it, too. */
    async read(ms: number, lagMs: number) {
      time.ms = START + ms;
      history.heartbeats.push(time.ms - lagMs);
      replica.delay = lagMs;
      probedLagMs = lagMs;
      const question = entitiesById({ tenantId: 1, shard: 's0', ids: ['1'] });
      const { reads } = await router.ask(question, requirement({ maxLagMs: BOUND }), new AbortController().signal);
      const [read] = reads;
      if (read === undefined) throw new Error('the answer came without its freshness');
      return read;
    },
  };
}

/** A lag that swings around the bound once a second, read every 50 ms for a minute. */
const SWINGS = Array.from({ length: 1_200 }, (_, n) => ({
  ms: n * 50,
  lagMs: Math.round(BOUND + 150 * Math.sin((n * 50 * 2 * Math.PI) / 1_000)),
}));

const changes = (sources: readonly string[]) =>
  sources.filter((source, n) => n > 0 && source !== sources[n - 1]).length;

describe('reads while a lag swings around their bound', () => {
  it('change their source once, and not with every swing', async () => {
    const { read } = drivenShard();
    const sources: string[] = [];
    for (const { ms, lagMs } of SWINGS) {
      const { source, stale, lagMs: measured } = await read(ms, lagMs);
      expect(stale || (measured ?? Number.POSITIVE_INFINITY) > BOUND).toBe(false);
      sources.push(source);
    }
    const withoutMemory = SWINGS.map(({ lagMs }) => {
      const [first] = routeShard(requirement({ maxLagMs: BOUND }), [sourceState('HEALTHY', lagMs)], null).servers;
      return first?.source ?? '';
    });
    expect(changes(withoutMemory)).toBe(120);
    expect(changes(sources)).toBe(1);
  });

  it('return to the replica once it is clearly within the bound', async () => {
    const { read } = drivenShard();
    await read(0, 1_200);
    expect(await read(500, 20)).toMatchObject({ source: 'PRIMARY', reason: 'LAG_EXCEEDED', lagMs: 0 });
    expect(await read(2_500, 900)).toMatchObject({ source: 'PRIMARY', reason: 'LAG_EXCEEDED' });
    expect(await read(2_600, 700)).toMatchObject({ source: 'REPLICA', reason: 'WITHIN_BOUND', lagMs: 700 });
  });

  it('still come from the replica if the primary is down, with the lag that they measure', async () => {
    const { read } = drivenShard(true);
    await expect(read(0, 1_200)).rejects.toMatchObject({ code: 'SHARD_UNAVAILABLE' });
    expect(await read(500, 900)).toMatchObject({
      source: 'REPLICA',
      reason: 'WITHIN_BOUND',
      lagMs: 900,
      stale: false,
      fellBack: false,
    });
  });
});
