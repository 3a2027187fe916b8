import { describe, expect, it } from 'vitest';
import {
  checkBucketCount,
  checkedEdges,
  closeLastBucket,
  type DistributionCell,
  edgesWithin,
  groupBuckets,
} from '../../../src/domain/analytics/buckets.ts';

const cell = (group: string | null, bucket: number, count: bigint): DistributionCell => ({
  group: group === null ? [] : [group],
  bucket,
  count,
});

describe('the edges of a distribution', () => {
  const data = { min: 0, max: 10 };

  it.each([
    ['are those of the data', null, null, { min: 0, max: 10 }],
    ['keep a given min', 3, null, { min: 3, max: 10 }],
    ['keep a given max', null, 3, { min: 0, max: 3 }],
    ['keep both', 3, 4, { min: 3, max: 4 }],
  ])('%s', (_, min, max, expected) => {
    expect(edgesWithin(data, min, max)).toEqual(expected);
  });

  it('are never empty, on whichever side of a given edge the data lie, and also for a single value', () => {
    for (const [min, max] of [
      [100, null],
      [null, -100],
      [10, null],
      [null, 0],
    ] as const) {
      const edges = edgesWithin(data, min, max);
      expect(edges.min).toBeLessThan(edges.max);
      expect([edges.min, edges.max]).toContain(min ?? max);
    }
    const single = edgesWithin({ min: 7, max: 7 }, null, null);
    expect(single.min).toBe(7);
    expect(single.max).toBeGreaterThan(7);
  });

  it.each([
    ['infinite', 0, Number.POSITIVE_INFINITY, 'min or max is infinite'],
    ['equal', 1, 1, 'min must be less than max'],
    [
      'too far apart',
      -1.7e308,
      1.7e308,
      'The range from -1.7e+308 to 1.7e+308 is too wide; the limit is 1e+300. Set min and max closer together.',
    ],
  ])('are refused if they are %s', (_, min, max, message) => {
    expect(() => checkedEdges(min, max)).toThrow(message);
  });

  it('come with a number of buckets from 1 to a limit', () => {
    expect(() => checkBucketCount(null, 10)).toThrow('buckets is null; expected a number.');
    expect(() => checkBucketCount(0, 10)).toThrow('buckets is 0; the minimum is 1.');
    expect(() => checkBucketCount(11, 10)).toThrow('buckets is 11; the limit is 10.');
    expect(checkBucketCount(10, 10)).toBe(10);
  });
});

describe('the buckets of a distribution', () => {
  it('count what is at or above the data’s own maximum in the last one, within each group', () => {
    const cells = [cell('a', 1, 1n), cell('a', 2, 2n), cell('a', 3, 4n), cell('b', 3, 8n), cell('c', 1, 16n)];
    expect(closeLastBucket(cells, 2)).toEqual([
      cell('a', 1, 1n),
      cell('a', 2, 6n),
      cell('b', 2, 8n),
      cell('c', 1, 16n),
    ]);
  });

  it('have their limits, which are open below the first edge and at the last, by group', () => {
    const cells = [cell('a', 0, 1n), cell('a', 1, 2n), cell('b', 3, 3n), cell('b', 4, 4n)];
    expect(groupBuckets(cells, { min: 0, max: 0.3 }, 3)).toEqual([
      {
        group: ['a'],
        buckets: [
          { bucket: 0, lower: null, upper: 0, count: 1n },
          { bucket: 1, lower: 0, upper: 0.3 / 3, count: 2n },
        ],
      },
      {
        group: ['b'],
        buckets: [
          { bucket: 3, lower: 0.6 / 3, upper: 0.3, count: 3n },
          { bucket: 4, lower: 0.3, upper: null, count: 4n },
        ],
      },
    ]);
  });
});
