import { describe, expect, it } from 'vitest';
import type { FreshnessRequest } from '../../src/freshness/freshness.ts';
import {
  ENTITY_DEFAULT,
  refineRequirement,
  resolveRequirement,
  strictestRequest,
} from '../../src/freshness/resolve-requirement.ts';
import { requirement } from '../support/requirement.ts';

const resolve = (...layers: FreshnessRequest[]) => resolveRequirement(layers, ENTITY_DEFAULT, 1_000);

describe('the requirement in force', () => {
  it('is INTERACTIVE with the fallback PRIMARY for entities if nothing is requested', () => {
    expect(resolve()).toEqual({
      class: 'INTERACTIVE',
      maxLagMs: 1_000,
      fallback: 'PRIMARY',
      after: null,
      maxWaitMs: 1_000,
    });
    expect(resolve({}, {}, {})).toEqual(resolve());
  });

  it.each<[string, FreshnessRequest[], Partial<ReturnType<typeof resolve>>]>([
    [
      'takes each member from the strongest layer that gives it',
      [{ fallback: 'FAIL' }, { class: 'BATCH', fallback: 'REPLICA' }, { maxWaitMs: 5 }],
      { class: 'BATCH', maxLagMs: 3_600_000, fallback: 'FAIL', maxWaitMs: 5 },
    ],
    ['never loosens the budget of the class', [{ class: 'INTERACTIVE', maxLagMs: 5_000 }], { maxLagMs: 1_000 }],
    ['never loosens the budget of the default class', [{ maxLagMs: 5_000 }], { class: 'INTERACTIVE', maxLagMs: 1_000 }],
    [
      'tightens the class of the same layer',
      [{ class: 'OPERATIONAL', maxLagMs: 200 }],
      { class: 'OPERATIONAL', maxLagMs: 200 },
    ],
    [
      'tightens the class of a weaker layer',
      [{ maxLagMs: 200 }, { class: 'OPERATIONAL' }],
      { class: 'OPERATIONAL', maxLagMs: 200 },
    ],
    [
      'does not tighten a class that a stronger layer chose instead',
      [{ class: 'ANALYTICAL' }, { class: 'INTERACTIVE', maxLagMs: 200 }],
      { class: 'ANALYTICAL', maxLagMs: 300_000 },
    ],
    [
      'does not tighten a stronger class by a bound that has no class',
      [{ class: 'ANALYTICAL' }, { maxLagMs: 200 }],
      { maxLagMs: 300_000 },
    ],
    [
      'takes the stronger of two bounds, not the smaller',
      [{ maxLagMs: 500 }, { class: 'OPERATIONAL', maxLagMs: 100 }],
      { maxLagMs: 500 },
    ],
    ['accepts a bound of nothing', [{ maxLagMs: 0 }], { maxLagMs: 0 }],
  ])('%s', (_, layers, expected) => {
    expect(resolve(...layers)).toMatchObject(expected);
  });

  it('includes the token of every layer', () => {
    const argument = { after: { positions: new Map([['s0', 5n]]), catalogRevision: 4 } };
    const header = {
      after: {
        positions: new Map([
          ['s0', 9n],
          ['s1', 1n],
        ]),
        catalogRevision: 3,
      },
    };
    expect(resolve(argument, header).after).toEqual({
      positions: new Map([
        ['s0', 9n],
        ['s1', 1n],
      ]),
      catalogRevision: 4,
    });
  });
});

describe('the requirement of a field inside another', () => {
  const parent = requirement({ class: 'OPERATIONAL', maxLagMs: 400, fallback: 'FAIL', maxWaitMs: 7 });

  it('is the inherited one if the field requests nothing', () => {
    expect(refineRequirement([{}], parent)).toEqual(parent);
  });

  it('inherits what the field leaves out', () => {
    expect(refineRequirement([{ class: 'REALTIME' }], parent)).toEqual({ ...parent, class: 'REALTIME', maxLagMs: 100 });
    expect(refineRequirement([{ maxLagMs: 50 }], parent)).toEqual({ ...parent, maxLagMs: 50 });
  });
});

describe('the strictest of several requests', () => {
  const token = (s0: bigint) => ({ positions: new Map([['s0', s0]]), catalogRevision: 0 });

  it('is empty if all of them are', () => {
    expect(strictestRequest([])).toEqual({});
    expect(strictestRequest([{}, {}])).toEqual({});
  });

  it('takes the strictest of each member, in any order', () => {
    const requests = [
      { class: 'OPERATIONAL', maxLagMs: 500, fallback: 'REPLICA', after: token(9n), maxWaitMs: 10 },
      { class: 'REALTIME', fallback: 'FAIL', after: token(5n) },
      { maxLagMs: 20, maxWaitMs: 80 },
    ] as const;
    const strictest = { class: 'REALTIME', maxLagMs: 20, fallback: 'FAIL', after: token(9n), maxWaitMs: 10 };
    expect(strictestRequest(requests)).toEqual(strictest);
    expect(strictestRequest(requests.toReversed())).toEqual(strictest);
  });
});
