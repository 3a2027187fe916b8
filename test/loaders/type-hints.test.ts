import { describe, expect, it } from 'vitest';
import type { EntityTypesQuery } from '../../src/datasources/questions/entity-types.ts';
import type { RoutedReads } from '../../src/datasources/routed-reads.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import { KnownTypes } from '../../src/loaders/known-types.ts';
import { TypeHints } from '../../src/loaders/type-hints.ts';
import { attribute } from '../support/domain.ts';
import { readFreshness, requirement } from '../support/requirement.ts';
import { tenantCatalog } from '../support/tenant-catalog.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `t${String(index).padStart(4, '0')}`);
const catalog = tenantCatalog([attribute({ entityTypes: ['planned'] })]);

/** Types that are stored, and what was asked about them. */
function stored(types: readonly string[]) {
  const asked: EntityTypesQuery[] = [];
  const reads: RoutedReads = {
    async ask({ input }) {
      const query = input as EntityTypesQuery;
      asked.push(query);
      const found = types.filter((type) => type >= query.from).slice(0, query.limit);
      return {
        data: found.map((type) => ({ type, entities: null })) as never,
        reads: [readFreshness()],
        entities: [0],
        ms: [1],
      };
    },
  };
  return { asked, reads };
}

const messages = (hints: TypeHints) => hints.hints.map(({ message }) => message);

describe('hints about types', () => {
  it('read the names once for a request, and never again for a type that the process has met', async () => {
    const { asked, reads } = stored(['person', 'product']);
    const options = { tenantId: 1, reads, known: new KnownTypes(), mayRead: true };
    const first = new TypeHints(options);
    await Promise.all(['prodcut', 'nobody', 'person'].map((type) => first.foundNothing(type, requirement(), catalog)));
    expect(messages(first)).toEqual([
      'No entity has type "nobody"; entityTypes lists all types.',
      'No entity has type "prodcut"; did you mean "product"?',
    ]);
    expect(asked).toHaveLength(1);
    const second = new TypeHints(options);
    for (const type of ['person', 'product', 'planned']) await second.foundNothing(type, requirement(), catalog);
    expect(second.hints).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('are at most 20, also of reads that end at once', async () => {
    const hints = new TypeHints({ tenantId: 1, reads: stored([]).reads, known: new KnownTypes(), mayRead: true });
    await Promise.all(names(30).map((type) => hints.foundNothing(type, requirement(), catalog)));
    expect(hints.hints).toHaveLength(20);
  });

  it('suggest a type that only a definition lists', async () => {
    const hints = new TypeHints({ tenantId: 1, reads: stored([]).reads, known: new KnownTypes(), mayRead: true });
    await hints.foundNothing('planed', requirement(), catalog);
    expect(messages(hints)).toEqual(['No entity has type "planed"; did you mean "planned"?']);
  });

  it('look for a type beyond the first 500', async () => {
    const { asked, reads } = stored(names(900));
    const hints = new TypeHints({ tenantId: 1, reads, known: new KnownTypes(), mayRead: false });
    await hints.foundNothing('t0899', requirement(), catalog);
    expect(hints.hints).toEqual([]);
    await hints.foundNothing('t0900', requirement(), catalog);
    expect(messages(hints)).toEqual(['No entity has type "t0900".']);
    expect(asked.map(({ from, limit }) => [from, limit])).toEqual([
      ['', 500],
      ['t0899', 1],
      ['t0900', 1],
    ]);
  });

  it('are left out if the types cannot be read', async () => {
    const reads: RoutedReads = {
      ask: async () => {
        throw new AtlasError('SHARD_UNAVAILABLE', 'down');
      },
    };
    const hints = new TypeHints({ tenantId: 1, reads, known: new KnownTypes(), mayRead: true });
    await hints.foundNothing('prodcut', requirement(), catalog);
    expect(hints.hints).toEqual([]);
  });

  it('are at most 20', async () => {
    const hints = new TypeHints({ tenantId: 1, reads: stored([]).reads, known: new KnownTypes(), mayRead: true });
    for (const type of names(30)) await hints.foundNothing(type, requirement(), catalog);
    expect(hints.hints).toHaveLength(20);
  });
});
