import { describe, expect, it } from 'vitest';
import { AtlasError } from '../../src/domain/errors.ts';
import { attribute, entity } from '../support/domain.ts';
import { readFreshness } from '../support/requirement.ts';
import { ask } from './support/ask.ts';
import { CatalogInMemory } from './support/catalog-in-memory.ts';
import { protocolHandler } from './support/protocol-handler.ts';

interface Asked {
  readonly ids: readonly string[];
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => String(n + 1));

/** Every entity has `attributes`, which the catalog defines. */
function handlerWith(options: { environment?: Record<string, string>; attributes?: number } = {}) {
  const { environment = {}, attributes = 1 } = options;
  const keys = ids(attributes).map(Number);
  const values = Object.fromEntries(keys.map((id) => [id, id]));
  return protocolHandler({
    environment,
    catalog: new CatalogInMemory(keys.map((id) => attribute({ id, key: `k${id}` }))),
    reads: {
      entitiesById: async (asked: Asked) => ({
        data: asked.ids.map((id) => entity({ id, attributes: values })),
        reads: [readFreshness()],
      }),
    },
  });
}

describe('the cost of a request', () => {
  it('is in every response', async () => {
    const handler = handlerWith();
    for (const [query, requested] of [
      ['{ __typename }', 0],
      ['{ entity(id: 1) { id } }', 11],
      ['{ entity(id: 1) { text(key: "unknown") } }', 11],
    ] as const) {
      const { extensions } = await ask(handler, query);
      expect(extensions.cost).toEqual({ requested, limit: 50_000 });
    }
  });

  it('beyond the limit is refused before anything is read', async () => {
    const representations = ids(10_000).map((id) => ({ __typename: 'Entity', id }));
    const aliases = ids(99).map((n) => `a${n}: _entities(representations: $r) { ... on Entity { id } }`);
    const handler = protocolHandler();
    const answer = await ask(handler, `query ($r: [_Any!]!) { ${aliases.join(' ')} }`, {
      variables: { r: representations },
    });
    expect(answer).toMatchObject({ status: 429, codes: ['LIMIT_EXCEEDED'], data: null });
    expect(answer.errors[0]?.message).toBe(
      'The request costs an estimated 1980891; the limit is 50000. Request fewer items, or fewer fields of each.',
    );
    expect(answer.extensions.cost).toEqual({ requested: 1_980_891, limit: 50_000 });
  });

  it('grows with lists that are longer than assumed, until the limit', async () => {
    const query = 'query ($ids: [ID!]!) { entitiesById(ids: $ids) { attributes { key } } }';
    const few = await ask(handlerWith({ attributes: 30 }), query, { variables: { ids: ids(10) } });
    expect(few.extensions.cost).toMatchObject({ requested: 9 + 10 * (1 + 30 * 2) });
    const many = await ask(handlerWith({ attributes: 2_000 }), query, { variables: { ids: ids(20) } });
    expect(many.codes).toEqual(['LIMIT_EXCEEDED']);
    expect(many.errors[0]?.message).toContain('with the 2000 items of "attributes"; the limit is 50000');
  });

  it('follows its setting', async () => {
    const { codes } = await ask(
      handlerWith({ environment: { ATLAS_MAX_REQUEST_COST: '10' } }),
      '{ entity(id: 1) { id } }',
    );
    expect(codes).toEqual(['LIMIT_EXCEEDED']);
  });
});

describe('a large response', () => {
  it('has each item at its place', async () => {
    const asked = ids(3_000);
    const { data, errors } = await ask(
      handlerWith({ environment: { ATLAS_MAX_BATCH_IDS: '3000' } }),
      'query ($ids: [ID!]!) { entitiesById(ids: $ids) { id number(key: "k1") } }',
      { variables: { ids: asked } },
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({ entitiesById: asked.map((id) => ({ id, number: 1 })) });
  });

  it('is refused beyond its limit, in bytes', async () => {
    const answer = await ask(
      handlerWith({ environment: { ATLAS_MAX_RESPONSE_BYTES: '1000' } }),
      'query ($ids: [ID!]!) { entitiesById(ids: $ids) { id } }',
      { variables: { ids: ids(100) } },
    );
    expect(answer).toMatchObject({ status: 200, codes: ['LIMIT_EXCEEDED'], data: null });
    expect(answer.errors[0]?.message).toMatch(/^The response has more than 1000 bytes, the limit\./);
    expect(answer.headers.get('x-consistency-token')).toMatch(/^[-_A-Za-z0-9]{20,}$/);
  });
});

describe('the errors of a response', () => {
  it('are one for each field of the query that is wrong, however many entities it has', async () => {
    const answer = await ask(
      handlerWith(),
      'query ($ids: [ID!]!) { entitiesById(ids: $ids) { id a: text(key: "no") b: text(key: "never") } }',
      { variables: { ids: ids(500) } },
    );
    expect(answer.errors).toHaveLength(2);
    expect(answer.errors).toMatchObject([
      { path: ['entitiesById', 0, 'a'], extensions: { code: 'ATTRIBUTE_UNKNOWN', count: 500 } },
      { path: ['entitiesById', 0, 'b'], extensions: { code: 'ATTRIBUTE_UNKNOWN', count: 500 } },
    ]);
    expect(answer.data).toEqual({ entitiesById: ids(500).map((id) => ({ id, a: null, b: null })) });
  });

  it('are at most 100', async () => {
    const fields = ids(99)
      .map((n) => `a${n}: text(key: "no${n}")`)
      .join(' ');
    const { errors } = await ask(
      handlerWith(),
      `{ x: entity(id: 1) { ${fields} } entity(id: 2) { text(key: "no") number(key: "no") } }`,
    );
    expect(errors).toHaveLength(100);
  });

  it('name each entity that a shard does not serve, unless they are too many', async () => {
    const down = async (): Promise<never> => {
      throw new AtlasError('SHARD_UNAVAILABLE', 'Shard s0 does not answer; retry.');
    };
    const handler = protocolHandler({ reads: { entitiesById: down } });
    const query = 'query ($ids: [ID!]!) { entitiesById(ids: $ids) { id } }';
    const few = await ask(handler, query, { variables: { ids: ids(3) } });
    expect(few.errors.map(({ path }) => path)).toEqual([0, 1, 2].map((n) => ['entitiesById', n]));
    const many = await ask(handler, query, { variables: { ids: ids(500) } });
    expect(many.errors).toHaveLength(1);
    expect(many.errors).toMatchObject([{ extensions: { code: 'SHARD_UNAVAILABLE', count: 500 } }]);
  });
});
