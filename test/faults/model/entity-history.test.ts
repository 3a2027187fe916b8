import { describe, expect, it } from 'vitest';
import { EntityHistory } from './entity-history.ts';
import { type EntityState, type ObservedEntity, stateText } from './entity-state.ts';

const state = (stamp: number): EntityState => ({ type: 'thing', attributes: { stamp } });

/** Written at 10–20, 30–40 and 50–60. */
function written(): EntityHistory {
  const history = new EntityHistory(1, '7', 's0');
  for (const [stamp, sentAt] of [10, 30, 50].entries()) {
    history.acknowledged(history.sending(state(stamp + 1), sentAt), sentAt + 10);
  }
  return history;
}

function window(history: EntityHistory, includes: number, before: number): number[] {
  return history.window({ includes, before }).map(({ version }) => version);
}

function found(stamp: number | null, version: number): ObservedEntity {
  const shown = stamp === null ? null : state(stamp);
  return { id: '7', state: shown, text: stateText(shown), version };
}

describe('what an answer may show of an entity', () => {
  it('begins with the last version that it must include, and ends with the last that had been sent', () => {
    const history = written();
    expect(window(history, 0, 5)).toEqual([0]);
    expect(window(history, 5, 15)).toEqual([0, 1]);
    expect(window(history, 20, 29)).toEqual([1]);
    expect(window(history, 20, 55)).toEqual([1, 2, 3]);
    expect(window(history, 59, 70)).toEqual([2, 3]);
    expect(window(history, 60, 70)).toEqual([3]);
  });

  it('begins no earlier than the version that a token names', () => {
    const history = written();
    const [, , second] = history.versions;
    expect(history.window({ includes: 0, before: 70 }, second).map(({ version }) => version)).toEqual([2, 3]);
  });

  it('is everything so far if nothing is promised', () => {
    expect(window(written(), Number.NEGATIVE_INFINITY, 70)).toEqual([0, 1, 2, 3]);
  });

  it('has both outcomes of a write whose connection broke, from then on', () => {
    const history = written();
    history.lostSight(history.sending(state(4), 80));
    expect(history.unknownSince).toBe(80);
    expect(window(history, 1_000, 1_001)).toEqual([3, 4]);
  });
});

describe('a write of unknown outcome, looked at later', () => {
  const unknown = (): EntityHistory => {
    const history = written();
    history.lostSight(history.sending(state(4), 80));
    return history;
  };

  it('happened', () => {
    const history = unknown();
    expect(history.settled(found(4, 4), 200)).toBe(true);
    expect(window(history, 200, 300)).toEqual([4]);
    expect(window(history, 199, 300)).toEqual([3, 4]);
  });

  it('did not happen', () => {
    const history = unknown();
    expect(history.settled(found(3, 3), 200)).toBe(true);
    expect(window(history, 0, 300)).toEqual([0, 1, 2, 3]);
    expect(history.unknownSince).toBeNull();
  });

  it('has become something else, which is wrong', () => {
    expect(unknown().settled(found(9, 4), 200)).toBe(false);
    expect(unknown().settled(found(2, 2), 200)).toBe(false);
  });

  it('did not happen although an answer has shown it, which is wrong', () => {
    const history = unknown();
    history.latest.seen = true;
    expect(history.settled(found(3, 3), 200)).toBe(false);
  });

  it('may be anything if the shard was truncated meanwhile', () => {
    const history = unknown();
    history.acknowledged(history.truncating(100), 110);
    expect(history.isWild).toBe(true);
    expect(history.settled(found(4, 1), 200)).toBe(true);
    expect(history.isWild).toBe(false);
    expect(window(history, 200, 300)).toEqual([1]);
  });
});

it('a truncated entity is absent, and begins again at version 1', () => {
  const history = written();
  const truncated = history.truncating(70);
  expect(window(history, 69, 75)).toEqual([3, 0]);
  history.acknowledged(truncated, 80);
  expect(window(history, 79, 100)).toEqual([3, 0]);
  expect(history.sending(state(5), 110).version).toBe(1);
});
