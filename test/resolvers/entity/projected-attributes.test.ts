import { describe, expect, it } from 'vitest';
import type { EntitiesByIdQuery } from '../../../src/datasources/questions/entities-by-id.ts';
import type { EntityRecord } from '../../../src/domain/entity.ts';
import { type EntityProjection, MOST_PROJECTED } from '../../../src/domain/entity-projection.ts';
import type { EntityPageQuery } from '../../../src/domain/filter/page-position.ts';
import { ProjectedAttributes, type StoredAttributes } from '../../../src/domain/projected-attributes.ts';
import { encodeToken } from '../../../src/freshness/consistency-token.ts';
import type { FreshnessRequirement } from '../../../src/freshness/freshness.ts';
import { ask } from '../../graphql/support/ask.ts';
import { CatalogInMemory } from '../../graphql/support/catalog-in-memory.ts';
import { protocolHandler } from '../../graphql/support/protocol-handler.ts';
import { attribute, entity } from '../../support/domain.ts';
import { readFreshness } from '../../support/requirement.ts';
import { testScope } from '../../support/signing-key.ts';

const KEYS = ['name', 'city', 'score', 'last_seen'];
const DEFINITIONS = KEYS.map((key, index) => attribute({ id: index + 1, key, type: 'TEXT', exposed: true }));
/** Whole, as it is stored. */
const STORED: StoredAttributes = { 1: 'Ada', 2: 'London', 3: '99', 4: 'today' };

/** Sources that give no more than they are asked for, and note the keys. */
function noting(definitions = DEFINITIONS) {
  const catalog = new CatalogInMemory(definitions);
  const asked: (string | null)[] = [];
  const part = (projection: EntityProjection | undefined): EntityRecord => {
    if (projection === undefined) return entity({ id: '1', attributes: STORED });
    const values = projection.attributes.map(({ id }) => STORED[id] ?? null);
    const attributes = new ProjectedAttributes(projection, values);
    const { version, createdAt, updatedAt, ...rest } = entity({ id: '1' });
    const part = { ...rest, attributes };
    return projection.hasStamp ? { ...part, version, createdAt, updatedAt } : part;
  };
  const note = (kind: string, projection: EntityProjection | undefined) => {
    const keys = projection?.attributes.map(({ key }) => key).sort();
    asked.push(
      `${kind} ${keys?.join() ?? 'all'}${projection?.hasTimes ? ' with times' : projection?.hasStamp ? ' with a stamp' : ''}`,
    );
  };
  const reads = {
    entitiesById: async ({ projection }: EntitiesByIdQuery, requested: FreshnessRequirement) => {
      note('entity', projection);
      return { data: [part(projection)], reads: [readFreshness({ requested })] };
    },
    entityPage: async ({ projection, limit }: EntityPageQuery, requested: FreshnessRequirement) => {
      note(limit === 0 ? 'behind' : 'page', projection);
      const rows = limit === 0 ? [] : [{ entity: part(projection), position: { values: [], id: '1' } }];
      return { data: { rows, hasMore: true }, reads: [readFreshness({ requested })] };
    },
  };
  const atLeast = async (revision: number) => {
    if (revision > 0) catalog.replace(DEFINITIONS);
  };
  const handler = protocolHandler({ reads, catalog, atLeast });
  return { handler, asked };
}

describe('of the attributes of an entity, a request reads', () => {
  it.each([
    ['none if it shows none', '{ entity(id: 1) { id type } }', 'entity '],
    [
      'none, but version and times if it shows one of them: version',
      '{ entity(id: 1) { version } }',
      'entity  with a stamp',
    ],
    ['none, but version and times: createdAt', '{ entity(id: 1) { createdAt } }', 'entity  with a stamp'],
    [
      'none, but version and times: updatedAt',
      '{ entity(id: 1) { ...E } } fragment E on Entity { at: updatedAt }',
      'entity  with a stamp',
    ],
    ['those of typed fields', '{ entity(id: 1) { name lastSeen } }', 'entity last_seen,name'],
    ['those that arguments name', '{ entity(id: 1) { a: text(key: "city") text(key: "name") } }', 'entity city,name'],
    [
      'those that variables name',
      'query ($key: String! = "city") { entity(id: 1) { text(key: $key) } }',
      'entity city',
    ],
    [
      'those in fragments, of all its entities',
      '{ entity(id: 1) { ...E } a: entity(id: 1) { ... on Entity { city } } } fragment E on Entity { name }',
      'entity city,name',
    ],
    [
      'those of nodes and their times, if attributes are selected as such',
      '{ entity(id: 1) { attribute(key: "name") { updatedAt } attributes(keys: ["city"]) { key } } }',
      'entity city,name with times',
    ],
    ['all, if it shows all', '{ entity(id: 1) { name attributes { key } } }', 'entity all'],
    [
      'all, if a list of keys is not given',
      'query ($keys: [String!]) { entity(id: 1) { attributes(keys: $keys) { key } } }',
      'entity all',
    ],
    [
      'those of references',
      '{ _entities(representations: [{__typename: "Entity", id: "1"}]) { ... on Entity { name } } }',
      'entity name',
    ],
    ['those of a page', '{ entities(first: 1) { edges { node { name } } } }', 'page name'],
  ])('%s', async (_case, query, expected) => {
    const { handler, asked } = noting();
    const { errors } = await ask(handler, query);
    expect(errors).toEqual([]);
    expect(asked).toEqual([expected]);
  });

  it('all, if they are more than a projection has', async () => {
    const many = Array.from({ length: MOST_PROJECTED + 1 }, (_, n) => attribute({ id: n + 10, key: `k${n}` }));
    const fields = (count: number) => many.slice(0, count).map(({ key }) => `${key}: number(key: "${key}")`);
    for (const [count, expected] of [
      [MOST_PROJECTED, MOST_PROJECTED],
      [MOST_PROJECTED + 1, 1],
    ] as const) {
      const { handler, asked } = noting(many);
      await ask(handler, `{ entity(id: 1) { ${fields(count).join(' ')} } }`);
      expect(asked[0]?.split(',')).toHaveLength(expected);
    }
  });

  it('what it shows, each value in its place', async () => {
    const { handler } = noting();
    const query = `query ($keys: [String!]) { entity(id: 1) {
      name lastSeen text(key: "city") attribute(key: "score") { ... on TextAttribute { text } } attributes(keys: $keys) { key } } }`;
    const { data } = await ask(handler, query, { variables: { keys: 'city' } });
    expect(data).toEqual({
      entity: {
        ...{ name: 'Ada', lastSeen: 'today', text: 'London', attribute: { text: '99' } },
        attributes: [{ key: 'city' }],
      },
    });
  });

  it('none to learn whether a page has others behind it', async () => {
    const { handler, asked } = noting();
    const first = await ask(handler, '{ entities(first: 1) { edges { cursor } } }');
    const { cursor } = (first.data as { entities: { edges: [{ cursor: string }] } }).entities.edges[0];
    await ask(
      handler,
      `{ entities(first: 1, after: "${cursor}") { edges { node { name } } pageInfo { hasPreviousPage } } }`,
    );
    expect(asked).toEqual(['page ', 'page name', 'behind ']);
  });

  it('what a newer catalog defines, if the first read could not know of it', async () => {
    const { handler, asked } = noting(DEFINITIONS.slice(0, 1));
    const token = encodeToken({ positions: new Map(), catalogRevision: 1 }, testScope('s0'));
    const { data, errors } = await ask(
      handler,
      `{ entity(id: 1) { a: text(key: "name") b: text(key: "city", freshness: {after: "${token}"}) c: text(key: "name", freshness: {after: "${token}"}) } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({ entity: { a: 'Ada', b: 'London', c: 'Ada' } });
    expect(asked).toEqual(['entity name', 'entity city,name']);
  });
});
