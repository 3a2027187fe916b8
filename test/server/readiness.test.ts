import { describe, expect, it } from 'vitest';
import { Readiness } from '../../src/server/readiness.ts';
import { type ReplicationFacts, replicationState, sourceState, UNKNOWN } from '../support/replication-state.ts';

const START_LIMIT_MS = 30_000;
const NOTHING: ReplicationFacts = { primary: UNKNOWN, replicas: [UNKNOWN], clickhouse: UNKNOWN };
const ONLY_READS: ReplicationFacts = { primary: UNKNOWN };

/** Readiness over two shards whose state and time the test sets. */
function readiness() {
  let facts: Readonly<Record<string, ReplicationFacts>> = { s0: NOTHING, s1: NOTHING };
  let now = 1_000;
  const observed = new Readiness({
    replication: {
      ...replicationState({}),
      source: (shard, source) => replicationState(facts).source(shard, source),
    },
    shards: ['s0', 's1'],
    startLimitMs: START_LIMIT_MS,
    clock: { now: () => now },
  });
  return {
    observed,
    set: (next: typeof facts) => {
      facts = next;
    },
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('readiness', () => {
  it('waits for every primary to have answered once, not for all at the same time', () => {
    const { observed, set } = readiness();
    const missing = ['no server of shard s0 answers', 'no server of shard s1 answers'];
    expect(observed.report(false)).toEqual({ status: 'not ready', missing });
    set({ s0: {}, s1: ONLY_READS });
    expect(observed.report(false)).toEqual({
      status: 'not ready',
      missing: ['the primary of shard s1 does not answer'],
    });
    set({ s0: ONLY_READS, s1: {} });
    expect(observed.report(false)).toEqual({ status: 'ready', missing: ['the primary of shard s0 does not answer'] });
  });

  it('waits no longer than the limit if something can be served', () => {
    const { observed, set, pass } = readiness();
    pass(START_LIMIT_MS);
    expect(observed.report(false).status).toBe('not ready');
    set({ s0: {}, s1: NOTHING });
    expect(observed.report(false)).toEqual({ status: 'ready', missing: ['no server of shard s1 answers'] });
  });

  it.each([
    ['one replica', { s0: NOTHING, s1: { ...NOTHING, replicas: [sourceState('DEGRADED', 9_000)] } }],
    ['one primary', { s0: { ...NOTHING, primary: sourceState('HEALTHY', 0) }, s1: NOTHING }],
    ['ClickHouse', { s0: NOTHING, s1: { ...NOTHING, clickhouse: sourceState('HEALTHY', 300) } }],
  ])('stays ready as long as %s answers, and not longer', (_what, facts) => {
    const { observed, set } = readiness();
    set({ s0: {}, s1: {} });
    expect(observed.report(false)).toEqual({ status: 'ready', missing: [] });
    set(facts);
    expect(observed.report(false).status).toBe('ready');
    set({ s0: NOTHING, s1: NOTHING });
    expect(observed.report(false).status).toBe('not ready');
    set(facts);
    expect(observed.report(false).status).toBe('ready');
  });

  it('is not ready while any primary does not answer, if it is asked strictly', () => {
    const { observed, set, pass } = readiness();
    pass(START_LIMIT_MS);
    set({ s0: {}, s1: ONLY_READS });
    expect(observed.report(true).status).toBe('not ready');
    set({ s0: {}, s1: {} });
    expect(observed.report(true)).toEqual({ status: 'ready', missing: [] });
  });

  it('is draining from the moment that the process is told to stop, whatever answers', () => {
    const { observed, set } = readiness();
    set({ s0: {}, s1: {} });
    observed.drain();
    expect([observed.report(false), observed.report(true)]).toEqual([
      { status: 'draining', missing: [] },
      { status: 'draining', missing: [] },
    ]);
  });
});
