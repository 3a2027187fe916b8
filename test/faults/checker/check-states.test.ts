import { describe, expect, it } from 'vitest';
import { EntityHistory, type Version } from '../model/entity-history.ts';
import { absent, type EntityState, type ObservedEntity, stateText } from '../model/entity-state.ts';
import { checkSnapshot, checkState } from './check-states.ts';
import { promised, promisedFor } from './promise.ts';
import type { Complain } from './violation.ts';

const state = (stamp: number): EntityState => ({ type: 'thing', attributes: { stamp } });

function history(id: string, ...sentAt: readonly number[]): EntityHistory {
  const entity = new EntityHistory(1, id, 's0');
  for (const at of sentAt) entity.acknowledged(entity.sending(state(at), at), at + 5);
  return entity;
}

function shown(stamp: number, version: number): ObservedEntity {
  return { id: '1', state: state(stamp), text: stateText(state(stamp)), version };
}

function complaints(check: (complain: Complain) => unknown): string[] {
  const kinds: string[] = [];
  check((kind) => kinds.push(kind));
  return kinds;
}

describe('one entity in an answer', () => {
  const entity = history('1', 10, 30, 50);
  const at = (includes: number, before: number) => ({ moment: { includes, before } });

  it.each<[string, ObservedEntity, number, number, string[]]>([
    ['the newest', shown(50, 3), 60, 70, []],
    ['one that may be missing the newest', shown(30, 2), 50, 70, []],
    ['one that misses a promised write', shown(30, 2), 60, 70, ['lost']],
    ['one that does not exist although it must', absent('1'), 60, 70, ['lost']],
    ['one from the future', shown(50, 3), 0, 49, ['torn']],
    ['a state that never was', shown(40, 3), 0, 70, ['torn']],
    ['a state with the version of another', shown(50, 2), 0, 70, ['torn']],
  ])('%s', (_, observed, includes, before, expected) => {
    expect(complaints((complain) => checkState(entity, observed, at(includes, before), complain))).toEqual(expected);
  });

  it('must contain the write of the token, whatever its lag', () => {
    const floor = entity.versions[2];
    const required = { moment: { includes: 0, before: 70 }, floor };
    expect(complaints((complain) => checkState(entity, shown(10, 1), required, complain))).toEqual(['lost']);
    expect(complaints((complain) => checkState(entity, shown(30, 2), required, complain))).toEqual([]);
  });
});

describe('entities of one snapshot', () => {
  const version = (entity: EntityHistory, index: number): [EntityHistory, Version] => {
    const found = entity.versions[index];
    if (found === undefined) throw new RangeError(`No version ${index}`);
    return [entity, found];
  };
  const [a, b] = [history('1', 10, 30), history('2', 20, 40)];

  it('were current at one moment', () => {
    expect(complaints((complain) => checkSnapshot([version(a, 1), version(b, 1)], complain))).toEqual([]);
    expect(complaints((complain) => checkSnapshot([version(a, 2), version(b, 2)], complain))).toEqual([]);
  });

  it('cannot be one of before and one of after', () => {
    expect(complaints((complain) => checkSnapshot([version(a, 1), version(b, 2)], complain))).toEqual(['torn']);
  });
});

describe('what a read promises', () => {
  const sent = { sentAt: 1_000_000, answeredAt: 1_000_050 };
  const stamp = (ms: number) => new Date(ms).toISOString();

  it('is everything up to its lag before it was sent, or up to its timestamp', () => {
    expect(promised(sent, { lagMs: 300, dataTimestamp: null })).toEqual({ includes: 999_700, before: 1_000_050 });
    expect(promised(sent, { lagMs: 300, dataTimestamp: stamp(999_900) }).includes).toBe(999_880);
    expect(promised(sent, { lagMs: 0, dataTimestamp: stamp(1_000_001) }).includes).toBe(1_000_000);
  });

  it('is nothing if neither is known', () => {
    expect(promised(sent, { lagMs: null, dataTimestamp: null }).includes).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is, for a shard, the least of its reads', () => {
    const read = { requested: { class: 'BATCH', maxLagMs: 1, fallback: 'FAIL' }, source: 'REPLICA', reason: '' };
    const of = (shard: string | null, lagMs: number) => ({
      ...read,
      ...{ shard, lagMs, dataTimestamp: null, sourceTimestamp: null, fellBack: false, stale: false, entities: 0 },
    });
    const answer = (reads: ReturnType<typeof of>[]) => ({
      ...{ ...sent, request: { query: '', variables: {}, headers: {} }, url: '', status: 200, headers: {} },
      ...{
        data: null,
        errors: [],
        freshness: { servedClass: null, maxLagMs: null, health: 'HEALTHY', reads, token: '' },
      },
    });
    const both = answer([of('s0', 10), of('s0', 400), of('s1', 900)]);
    expect(promisedFor(both, 's0')?.includes).toBe(999_600);
    expect(promisedFor(both, 's1')?.includes).toBe(999_100);
    expect(promisedFor(both, 's2')).toBeNull();
    expect(promisedFor(answer([of(null, 70)]), 's2')?.includes).toBe(999_930);
  });
});
