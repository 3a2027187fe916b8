import { describe, expect, it } from 'vitest';
import { LagHistory } from '../../src/freshness/lag-history.ts';
import { replicationState, sourceState, UNKNOWN } from '../support/replication-state.ts';

/** A history whose replica has the given lag at each second. */
function historyOf(seconds: Readonly<Record<number, number | null>>): LagHistory {
  let now = 0;
  let lagMs: number | null = null;
  const others = replicationState({ s0: { replicas: [UNKNOWN] } });
  const replicas = () => [lagMs === null ? UNKNOWN : sourceState('HEALTHY', lagMs)];
  const history = new LagHistory({ ...others, replicas }, ['s0'], { now: () => now });
  for (const [second, lag] of Object.entries(seconds)) {
    now = Number(second) * 1_000;
    lagMs = lag;
    history.sample();
  }
  return history;
}

const replicaOf = (history: LagHistory) => history.series().find(({ source }) => source === 'REPLICA')?.lagMs ?? [];

describe('the history of lag', () => {
  it('has every primary, every replica and ClickHouse, per shard', () => {
    const shards = { s0: { replicas: [UNKNOWN, UNKNOWN] }, s1: { replicas: [] } };
    const history = new LagHistory(replicationState(shards), ['s0', 's1'], { now: () => 0 });
    history.sample();
    expect(history.series().map(({ shard, source, replica, lagMs }) => [shard, source, replica, lagMs.at(-1)])).toEqual(
      [
        ['s0', 'PRIMARY', null, 0],
        ['s0', 'REPLICA', 0, null],
        ['s0', 'REPLICA', 1, null],
        ['s0', 'CLICKHOUSE', null, 380],
        ['s1', 'PRIMARY', null, 0],
        ['s1', 'CLICKHOUSE', null, 380],
      ],
    );
  });

  it('is five minutes long, the newest last, in whole milliseconds', () => {
    const seconds = Object.fromEntries(Array.from({ length: 700 }, (_, second) => [second, second + 0.4]));
    const lags = replicaOf(historyOf(seconds));
    expect(lags).toHaveLength(300);
    expect(lags[0]).toBe(401);
    expect(lags.at(-1)).toBe(700);
  });

  it('is unknown where the lag was unknown, nobody looked, or there was no process yet', () => {
    const lags = replicaOf(historyOf({ 0: 5, 1: null, 2: 7, 5: 9 }));
    expect(lags.slice(-6)).toEqual([5, null, 7, null, null, 9]);
    expect(lags.slice(0, -6).every((lag) => lag === null)).toBe(true);
  });

  it('forgets everything after a pause of more than five minutes', () => {
    const seconds = Object.fromEntries(Array.from({ length: 300 }, (_, second) => [second, 5]));
    const lags = replicaOf(historyOf({ ...seconds, 1000: 8 }));
    expect(lags.filter((lag) => lag !== null)).toEqual([8]);
  });
});
