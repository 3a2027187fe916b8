import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CountedGroups, type GroupCount, smallest, topGroups } from '../../../src/domain/analytics/top-groups.ts';
import { attribute } from '../../support/domain.ts';

const TEXT = [attribute({ key: 'status', type: 'TEXT' })];
const NUMBER = [attribute({ type: 'NUMBER' })];
const group = (value: string, count: number): GroupCount => ({ group: [value], count: BigInt(count) });
const all = (...groups: GroupCount[]): CountedGroups => ({ groups, othersAtMost: null });
const largest = (...groups: GroupCount[]): CountedGroups => ({ groups, othersAtMost: smallest(groups) });

describe('the largest groups of several sources', () => {
  it('have the sum of their counts, the largest first, equally large ones in the order of their values', () => {
    const parts = [all(group('b', 3), group('a', 2)), all(group('c', 5), group('b', 1), group('a', 2), group('é', 4))];
    expect(topGroups(parts, TEXT, 4)).toEqual({
      groups: [group('c', 5), group('a', 4), group('b', 4), group('é', 4)],
      distinct: 4,
    });
    expect(topGroups([all(group('10', 1), group('9', 1), group('-1', 1))], NUMBER, 2)).toEqual({
      groups: [group('-1', 1), group('9', 1)],
      distinct: 3,
    });
  });

  it('are exact although sources name only their largest, if no other group can reach them', () => {
    const parts = [
      largest(group('a', 90), group('b', 40), group('c', 3)),
      largest(group('b', 60), group('a', 20), group('d', 4)),
    ];
    expect(topGroups(parts, TEXT, 2)).toEqual({ groups: [group('a', 110), group('b', 100)], distinct: null });
  });

  it.each([
    ['a group that is named by one only could be among them', 3],
    ['there are fewer than asked for', 9],
  ])('are refused if %s', (_, first) => {
    const parts = [
      largest(group('a', 90), group('b', 40), group('c', 3)),
      largest(group('b', 60), group('a', 20), group('d', 4)),
    ];
    expect(() => topGroups(parts, TEXT, first)).toThrow('The values of "status" are too many');
  });

  it('are those of all data, or refused, however the data are spread and whatever each source leaves out', () => {
    const counts = fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 6, maxLength: 6 }), {
      minLength: 1,
      maxLength: 3,
    });
    let answered = 0;
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (sources, named, first) => {
        const groups = sources.map((of) =>
          of.map((count, at) => group('abcdef'.charAt(at), count)).filter(({ count }) => count > 0n),
        );
        const expected = topGroups(
          groups.map((of) => all(...of)),
          TEXT,
          first,
        );
        const parts = groups.map((of) => {
          const sorted = [...of].sort((a, b) => Number(b.count - a.count));
          return sorted.length > named ? largest(...sorted.slice(0, named)) : all(...sorted);
        });
        try {
          expect(topGroups(parts, TEXT, first).groups).toEqual(expected.groups);
          answered++;
        } catch (error) {
          expect(error).toMatchObject({ code: 'LIMIT_EXCEEDED' });
        }
      }),
      { numRuns: 500 },
    );
    expect(answered).toBeGreaterThan(50);
  });
});
