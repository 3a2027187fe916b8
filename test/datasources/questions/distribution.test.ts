import { expect, it } from 'vitest';
import { type DistributionQuery, distribution } from '../../../src/datasources/questions/distribution.ts';
import type { DistributionCell } from '../../../src/domain/analytics/buckets.ts';
import { MATCH_ALL } from '../../../src/domain/filter/filter.ts';
import { attribute } from '../../support/domain.ts';

const cell = (group: string | null, bucket: number, count: bigint) => ({
  group: group === null ? [] : [group],
  bucket,
  count,
});

const query: DistributionQuery = {
  ...{ tenantId: 1, type: null, filter: MATCH_ALL, attribute: attribute(), groupBy: [attribute({ type: 'TEXT' })] },
  ...{ min: 0, max: 10, buckets: 10, maxCells: 4 },
};
const mergeCells = (parts: DistributionCell[][]) => distribution(query).merge(parts);

it('adds up the cells of all shards, by group in the order of its values and then by bucket', () => {
  expect(
    mergeCells([
      [cell('US', 1, 5n), cell('US', 10, 1n)],
      [cell('DE', 2, 3n), cell('US', 1, 2n), cell('US', 2, 4n)],
      [],
    ]),
  ).toEqual([cell('DE', 2, 3n), cell('US', 1, 7n), cell('US', 2, 4n), cell('US', 10, 1n)]);
});

it('keeps the single group of a question without groups', () => {
  const { merge } = distribution({ ...query, groupBy: [] });
  expect(merge([[cell(null, 1, 1n)], [cell(null, 0, 1n), cell(null, 1, 1n)]])).toEqual([
    cell(null, 0, 1n),
    cell(null, 1, 2n),
  ]);
});

it('has a bound that holds for the merged cells, and requests one cell more from each source', () => {
  const parts = [
    [cell('a', 1, 1n), cell('b', 1, 1n), cell('c', 1, 1n)],
    [cell('c', 1, 1n), cell('d', 1, 1n)],
  ];
  expect(mergeCells(parts)).toHaveLength(4);
  expect(() => mergeCells([...parts, [cell('e', 1, 1n)]])).toThrow('more than 4 non-empty buckets');
  expect(distribution(query).postgres?.select().values).toContain(5);
  expect(Object.values(distribution(query).clickhouse.select(new Map()).parameters)).toContain(5);
});
