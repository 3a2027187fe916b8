import { describe, expect, it } from 'vitest';
import { AtlasError } from '../../../src/domain/errors.ts';
import type { EntityPageQuery } from '../../../src/domain/filter/page-position.ts';
import type { FreshnessRequirement, ReadFreshness } from '../../../src/freshness/freshness.ts';
import { ask } from '../../graphql/support/ask.ts';
import { protocolHandler } from '../../graphql/support/protocol-handler.ts';
import { entity } from '../../support/domain.ts';
import { readFreshness } from '../../support/requirement.ts';

type Got = Partial<ReadFreshness>;

/** Reads that find one entity, record their requirements, and have the given freshness. */
function noting(got: { page?: Got; behind?: Got; count?: Got | AtlasError } = {}) {
  const asked: string[] = [];
  const read = (name: string, requested: FreshnessRequirement, given: Partial<ReadFreshness> = {}) => {
    asked.push(`${name} ${requested.class} ${requested.maxLagMs} ${requested.fallback}`);
    return [readFreshness({ ...given, requested })];
  };
  const found = entity({ id: '1' });
  const reads = {
    entitiesById: async (_: unknown, requirement: FreshnessRequirement) => ({
      data: [found],
      reads: read('entity', requirement),
    }),
    entityPage: async ({ limit }: EntityPageQuery, requirement: FreshnessRequirement) => {
      const rows = [{ entity: found, position: { values: [], id: '1' } }];
      return limit === 0
        ? { data: { rows: [], hasMore: true }, reads: read('behind', requirement, got.behind) }
        : { data: { rows, hasMore: true }, reads: read('page', requirement, got.page) };
    },
    count: async (_: unknown, requirement: FreshnessRequirement) => {
      if (got.count instanceof AtlasError) throw got.count;
      return { data: 1n, reads: read('count', requirement, got.count) };
    },
  };
  return { handler: protocolHandler({ reads }), asked };
}

describe('a field that is selected in several places', () => {
  it('is read as fresh as the strictest of them requires', async () => {
    const { handler, asked } = noting();
    const { errors } = await ask(
      handler,
      `{ entity(id: 1) { id } entity(id: 1) @freshness(class: OPERATIONAL, maxLagMs: 70) { type }
         ... on Query { entity(id: 1) @freshness(class: REALTIME, fallback: FAIL) { version } } }`,
    );
    expect(errors).toEqual([]);
    expect(asked).toEqual(['entity REALTIME 70 FAIL']);
  });

  it('is not read as a fragment that it shares with another place asks there', async () => {
    const { handler, asked } = noting();
    await ask(
      handler,
      `{ a: analytics { ...Count } b: analytics { ...Count count @freshness(class: REALTIME) { count } } }
       fragment Count on Analytics { count { count } }`,
    );
    expect(asked).toEqual(['count ANALYTICAL 300000 REPLICA', 'count REALTIME 100 REPLICA']);
  });
});

describe('@freshness on analytics', () => {
  it('applies to the questions inside that set nothing themselves', async () => {
    const { handler, asked } = noting();
    const { errors } = await ask(
      handler,
      `query @freshness(class: BATCH) { analytics @freshness(class: REALTIME) {
         count { count } own: count(freshness: { class: OPERATIONAL }) { count } } }`,
    );
    expect(errors).toEqual([]);
    expect(asked).toEqual(['count REALTIME 100 REPLICA', 'count OPERATIONAL 30000 REPLICA']);
  });
});

describe('@freshness on a field that reads nothing by itself', () => {
  it.each([
    '{ entities { totalCount @freshness(class: REALTIME) } }',
    '{ entities { edges { node @freshness(class: REALTIME) { id } } } }',
  ])('is refused instead of ignored: %s', async (query) => {
    const { handler, asked } = noting();
    const { status, codes } = await ask(handler, query);
    expect([status, codes, asked]).toEqual([400, ['BAD_FRESHNESS'], []]);
  });

  it('is kept where federation reads', async () => {
    const { handler, asked } = noting();
    const query =
      '{ _entities(representations: [{__typename: "Entity", id: 1}]) @freshness(class: BATCH) { ... on Entity { id } } }';
    const { errors } = await ask(handler, query);
    expect(errors).toEqual([]);
    expect(asked).toEqual(['entity BATCH 3600000 PRIMARY']);
  });
});

describe('the freshness of a page', () => {
  const page = { lagMs: 20 };
  const count = { lagMs: 900, dataTimestamp: new Date('2026-01-01T00:00:00.000Z') };

  it.each(['freshness { lagMs dataTimestamp } totalCount', 'totalCount freshness { lagMs dataTimestamp }'])(
    'is that of its count too, if that lags more: %s',
    async (selection) => {
      const { data } = await ask(noting({ page, count }).handler, `{ entities { ${selection} } }`);
      expect(data).toMatchObject({
        entities: { totalCount: 1, freshness: { lagMs: 900, dataTimestamp: count.dataTimestamp.toISOString() } },
      });
    },
  );

  const behind = { lagMs: 950 };

  it.each([
    ['a fragment', '...Page', { lagMs: 900 }],
    ['an inline fragment', '... on EntityConnection { totalCount }', { lagMs: 900 }],
    ['an alias', 'all: totalCount', { lagMs: 900 }],
    ['@include', 'totalCount @include(if: $yes)', { lagMs: 900 }],
    ['@skip', 'totalCount @skip(if: $yes)', { lagMs: 20 }],
    ['a fragment that is skipped', '...Page @skip(if: $yes)', { lagMs: 20 }],
    ['a fragment that is not included', '... @include(if: $no) { totalCount }', { lagMs: 20 }],
    ['one of two places that is skipped', 'totalCount @skip(if: $yes) ...Page', { lagMs: 900 }],
  ])('knows of a count that is selected through %s', async (_case, selection, freshness) => {
    const { handler, asked } = noting({ page, count });
    const query = `query ($yes: Boolean! = true, $no: Boolean! = false) {
        __typename @skip(if: $yes) @include(if: $no) entities { freshness { lagMs } ${selection} } }
      ${selection.includes('...Page') ? 'fragment Page on EntityConnection { totalCount }' : ''}`;
    const { data, errors } = await ask(handler, query);
    expect(errors).toEqual([]);
    expect(data).toMatchObject({ entities: { freshness } });
    expect(asked.filter((read) => read.startsWith('count'))).toHaveLength(freshness.lagMs === 900 ? 1 : 0);
  });

  it.each([
    ['before a later page, forward', 'first: 1, after: $cursor', 'hasPreviousPage', 950],
    ['beyond a later page, forward: its rows show it', 'first: 1, after: $cursor', 'hasNextPage', 20],
    ['after an earlier page, backward', 'last: 1, before: $cursor', 'hasNextPage', 950],
    ['beyond an earlier page, backward: its rows show it', 'last: 1, before: $cursor', 'hasPreviousPage', 20],
    ['before the first page: nothing can', 'first: 1', 'hasPreviousPage', 20],
  ])('knows of a look at what lies %s', async (_case, window, field, lagMs) => {
    const { handler, asked } = noting({ page, behind });
    const first = await ask(handler, '{ entities(first: 1) { pageInfo { endCursor } } }');
    const cursor = (first.data as { entities: { pageInfo: { endCursor: string } } }).entities.pageInfo.endCursor;
    asked.length = 0;
    const variables = window.includes('$cursor') ? '($cursor: String!)' : '';
    const query = `query ${variables} { entities(${window}) { freshness { lagMs } ...Connection } }
      fragment Connection on EntityConnection { ... { info: pageInfo { ...Info startCursor } } }
      fragment Info on PageInfo { more: ${field} }`;
    const { data, errors } = await ask(handler, query, { variables: { cursor } });
    expect(errors).toEqual([]);
    expect(data).toMatchObject({ entities: { freshness: { lagMs } } });
    expect(asked.map((read) => read.split(' ')[0])).toEqual(lagMs === 950 ? ['page', 'behind'] : ['page']);
  });

  it('reports a count that could not be read as an error of the count only', async () => {
    const { handler } = noting({ page, count: new AtlasError('TIMEOUT', 'The count took too long.') });
    const { data, errors } = await ask(handler, '{ entities { totalCount freshness { lagMs } edges { cursor } } }');
    expect(errors).toMatchObject([{ path: ['entities', 'totalCount'], extensions: { code: 'TIMEOUT' } }]);
    expect(data).toBeNull();
  });

  it('is that of its rows alone if nothing else of it is read', async () => {
    const { handler, asked } = noting({ page, count });
    const { data } = await ask(handler, '{ entities { freshness { lagMs } edges { node { freshness { lagMs } } } } }');
    expect(data).toEqual({
      entities: { freshness: { lagMs: 20 }, edges: [{ node: { freshness: { lagMs: 20 } } }] },
    });
    expect(asked).toHaveLength(1);
  });
});
