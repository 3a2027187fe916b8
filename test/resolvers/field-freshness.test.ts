import { describe, expect, it } from 'vitest';
import type { EntityReads } from '../../src/datasources/entity-reads.ts';
import type { FreshnessRequirement, ReadFreshness } from '../../src/freshness/freshness.ts';
import { ask } from '../graphql/support/ask.ts';
import { protocolHandler } from '../graphql/support/protocol-handler.ts';
import { entity } from '../support/domain.ts';
import { readFreshness } from '../support/requirement.ts';

/** Reads that find one entity, note what they were asked for, and got what is given. */
function noting(got: { page?: Partial<ReadFreshness>; count?: Partial<ReadFreshness> } = {}) {
  const asked: string[] = [];
  const read = (name: string, requested: FreshnessRequirement, given: Partial<ReadFreshness> = {}) => {
    asked.push(`${name} ${requested.class} ${requested.maxLagMs} ${requested.fallback}`);
    return [readFreshness({ ...given, requested })];
  };
  const found = entity({ id: '1' });
  const reads: Partial<EntityReads> = {
    entitiesById: async (_tenant, _shard, _ids, requirement) => ({
      data: [found],
      reads: read('entity', requirement),
    }),
    entityPage: async ({ direction }, requirement) => ({
      data: [{ entity: found, position: { values: [], id: '1' } }],
      reads: read(direction === 'FORWARD' ? 'page' : 'behind', requirement, got.page),
    }),
    count: async (_selection, requirement) => ({ data: 1n, reads: read('count', requirement, got.count) }),
  };
  return { handler: protocolHandler({ reads }), asked };
}

describe('a field that is selected in several places', () => {
  it('is read as fresh as the strictest of them asks', async () => {
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
  it('holds for the questions inside that ask for nothing of their own', async () => {
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
    'is that of its count too, where that lags more: %s',
    async (selection) => {
      const { data } = await ask(noting({ page, count }).handler, `{ entities { ${selection} } }`);
      expect(data).toMatchObject({
        entities: { totalCount: 1, freshness: { lagMs: 900, dataTimestamp: count.dataTimestamp.toISOString() } },
      });
    },
  );

  it('is that of its rows alone where nothing else of it is read', async () => {
    const { handler, asked } = noting({ page, count });
    const { data } = await ask(handler, '{ entities { freshness { lagMs } edges { node { freshness { lagMs } } } } }');
    expect(data).toEqual({
      entities: { freshness: { lagMs: 20 }, edges: [{ node: { freshness: { lagMs: 20 } } }] },
    });
    expect(asked).toHaveLength(1);
  });
});
