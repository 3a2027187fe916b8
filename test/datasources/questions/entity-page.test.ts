import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entityPage, type PositionedEntity } from '../../../src/datasources/questions/entity-page.ts';
import { type Direction, type EntityOrder, MATCH_ALL, type Operand } from '../../../src/domain/filter/filter.ts';
import type { EntityPageQuery } from '../../../src/domain/filter/page-position.ts';
import { attribute, entity } from '../../support/domain.ts';

const by = (direction: Direction): EntityOrder => ({
  kind: 'attribute',
  attribute: attribute({ type: 'TEXT' }),
  direction,
});
const at = (id: string, ...values: (Operand | null)[]): PositionedEntity => ({
  entity: entity({ id }),
  position: { id, values },
});
const page = (direction: 'FORWARD' | 'BACKWARD', limit: number, order: EntityOrder[]): EntityPageQuery => ({
  ...{ tenantId: 1, type: null, filter: MATCH_ALL, from: null },
  ...{ direction, limit, order },
});
const merge = (query: EntityPageQuery, pages: PositionedEntity[][]) => entityPage(query).merge(pages);
const mergePages = (query: EntityPageQuery, pages: PositionedEntity[][]) => merge(query, pages).rows;
const ids = (positioned: readonly PositionedEntity[]) => positioned.map(({ position }) => position.id).join(' ');

describe('pages of several shards', () => {
  it.each<[string, EntityOrder[], PositionedEntity[][], string]>([
    ['by id as numbers', [], [[at('2'), at('10')], [at('9')]], '2 9 10'],
    [
      'by id descending',
      [{ kind: 'field', field: 'id', direction: 'DESC' }],
      [[at('10', '10'), at('2', '2')], [at('9', '9')]],
      '10 9 2',
    ],
    ['by numbers', [by('ASC')], [[at('1', -5), at('2', 10)], [at('3', 9)]], '1 3 2'],
    ['by booleans', [by('DESC')], [[at('1', true), at('2', false)], [at('3', true)]], '1 3 2'],
    ['with absent values last', [by('ASC')], [[at('1', 5), at('2', null)], [at('3', 7)]], '1 3 2'],
    [
      'with absent values last also when descending',
      [by('DESC')],
      [[at('1', 5), at('2', null)], [at('3', 7)]],
      '3 1 2',
    ],
    [
      'with ties by id, ascending also when descending',
      [by('DESC')],
      [[at('3', 5)], [at('20', 5)], [at('1', 5)]],
      '1 3 20',
    ],
    [
      'by text in the order of its bytes',
      [by('ASC')],
      [[at('1', '\uffff')], [at('2', '😀')], [at('3', 'Z'), at('4', 'a')]],
      '3 4 1 2',
    ],
    ['by the second order if the first ties', [by('ASC'), by('DESC')], [[at('1', 1, 'a')], [at('2', 1, 'b')]], '2 1'],
  ])('merge %s', (_, order, pages, expected) => {
    expect(ids(mergePages(page('FORWARD', 10, order), pages))).toBe(expected);
  });

  it('keep the first of a forward page and the last of a backward page, both in forward order', () => {
    const pages = [
      [at('1'), at('4')],
      [at('2'), at('3')],
    ];
    expect(ids(mergePages(page('FORWARD', 2, []), pages))).toBe('1 2');
    expect(ids(mergePages(page('BACKWARD', 2, []), pages))).toBe('3 4');
    expect(ids(mergePages(page('BACKWARD', 9, []), pages))).toBe('1 2 3 4');
  });

  it('show whether more follow, by requesting one row more from each source', () => {
    const pages = [[at('1'), at('4')], [at('2')]];
    for (const direction of ['FORWARD', 'BACKWARD'] as const) {
      expect(merge(page(direction, 2, []), pages).hasMore).toBe(true);
      expect(merge(page(direction, 3, []), pages).hasMore).toBe(false);
      expect(merge(page(direction, 0, []), pages)).toEqual({ rows: [], hasMore: true });
      expect(merge(page(direction, 0, []), [[], []])).toEqual({ rows: [], hasMore: false });
    }
    expect(entityPage(page('FORWARD', 2, [])).postgres?.select().values).toContain(3);
  });

  it('report how many of the rows came from each source', () => {
    const pages = [
      [at('1'), at('4')],
      [at('2'), at('3')],
    ];
    const question = entityPage(page('FORWARD', 3, []));
    expect(question.entitiesPerPart?.(question.merge(pages), pages)).toEqual([1, 2]);
  });

  it('are the page of one source that has all entities, however they are spread', () => {
    const value = fc.option(fc.integer({ min: 0, max: 3 }), { nil: null });
    const rows = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 200 }), value, fc.nat(2)), {
      selector: ([id]) => id,
    });
    const limit = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(rows, limit, fc.constantFrom<Direction>('ASC', 'DESC'), (entities, limit, direction) => {
        const query = page('FORWARD', limit, [by(direction)]);
        const whole = entities.map(([id, number]) => at(String(id), number)).sort(naive(direction));
        const shardOf = new Map(entities.map(([id, , shard]) => [String(id), shard]));
        const pages = [0, 1, 2].map((shard) =>
          whole.filter(({ position }) => shardOf.get(position.id) === shard).slice(0, limit),
        );
        expect(ids(mergePages(query, pages))).toBe(ids(whole.slice(0, limit)));
      }),
    );
  });
});

function naive(direction: Direction) {
  const key = ({ position }: PositionedEntity): number => {
    const value = position.values[0];
    if (typeof value !== 'number') return Number.POSITIVE_INFINITY;
    return direction === 'ASC' ? value : -value;
  };
  return (a: PositionedEntity, b: PositionedEntity): number =>
    key(a) === key(b) ? Number(a.position.id) - Number(b.position.id) : key(a) - key(b);
}
