import { expect, it } from 'vitest';
import type { FreshnessRequirement, ReadFreshness } from '../../src/freshness/freshness.ts';
import { satisfies } from '../../src/freshness/satisfies.ts';
import { readFreshness, requirement } from '../support/requirement.ts';

const tokenOf = (shard: string, position: bigint) => ({
  positions: new Map([[shard, position]]),
  catalogRevision: 0,
});
const token = (position: bigint) => tokenOf('s0', position);

it.each<[string, Partial<ReadFreshness>, Partial<FreshnessRequirement>, boolean]>([
  ['the same requirement', {}, {}, true],
  ['the same requirement, even if it was served stale', { lagMs: 9_000, stale: true }, {}, true],
  ['a looser class', {}, { class: 'OPERATIONAL', maxLagMs: 30_000 }, true],
  ['a tighter bound that the measured lag meets', {}, { maxLagMs: 245 }, true],
  ['a tighter bound that the measured lag misses', {}, { maxLagMs: 244 }, false],
  ['another fallback, the lag being within the bound', {}, { fallback: 'FAIL' }, true],
  ['a stale read, for a strategy that serves none', { lagMs: 9_000, stale: true }, { fallback: 'FAIL' }, false],
  ['an unknown lag', { lagMs: null }, { class: 'BATCH', maxLagMs: 3_600_000 }, false],
  ['REALTIME from a replica, however small the lag', { lagMs: 1 }, { class: 'REALTIME', maxLagMs: 100 }, false],
  ['REALTIME from the primary', { source: 'PRIMARY', lagMs: 0 }, { class: 'REALTIME', maxLagMs: 100 }, true],
  ['a token of which nothing is known', {}, { after: token(1n) }, false],
  ['a token that the read contains', { contains: new Map([['s0', 5n]]) }, { after: token(5n), maxLagMs: 500 }, true],
  ['a token beyond what the read contains', { contains: new Map([['s0', 5n]]) }, { after: token(6n) }, false],
  ['a token of another shard than that of the entity', {}, { after: tokenOf('s1', 6n) }, true],
  [
    'a token of one of the shards of the read',
    {
      shard: null,
      contains: new Map([
        ['s0', 5n],
        ['s1', 5n],
      ]),
    },
    { after: tokenOf('s1', 6n) },
    false,
  ],
  ['no token, if the read waited for one', { requested: requirement({ after: token(5n) }) }, {}, true],
  ['a token, from the primary', { source: 'PRIMARY', lagMs: 0 }, { after: token(9n) }, true],
  ['ANALYTICAL data from a replica', {}, { class: 'ANALYTICAL', maxLagMs: 300_000, fallback: 'FAIL' }, true],
])('%s is decided right', (_, read, required, expected) => {
  expect(satisfies(readFreshness(read), requirement(required))).toBe(expected);
});
