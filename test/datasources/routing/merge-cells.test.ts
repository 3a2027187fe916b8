import { expect, it } from 'vitest';
import { mergeCells } from '../../../src/datasources/routing/merge-cells.ts';

const cell = (group: string | null, bucket: number, count: bigint) => ({ group, bucket, count });

it('adds up the cells of all shards, by group in byte order and then by bucket', () => {
  expect(
    mergeCells([
      [cell('US', 1, 5n), cell('US', 10, 1n)],
      [cell('DE', 2, 3n), cell('US', 1, 2n), cell('US', 2, 4n)],
      [],
    ]),
  ).toEqual([cell('DE', 2, 3n), cell('US', 1, 7n), cell('US', 2, 4n), cell('US', 10, 1n)]);
});

it('keeps the group that a question without groups has', () => {
  expect(mergeCells([[cell(null, 1, 1n)], [cell(null, 0, 1n), cell(null, 1, 1n)]])).toEqual([
    cell(null, 0, 1n),
    cell(null, 1, 2n),
  ]);
});
