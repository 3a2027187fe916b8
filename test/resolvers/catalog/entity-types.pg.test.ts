import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, ask } from '../../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../../graphql/support/graphql-stack.ts';

const ROLES = 'read write define analytics hr';

let stack: GraphQLStack;

const as = (roles: string, query: string, tenant = 1): Promise<Answer> =>
  ask(stack.handler, query, { headers: { 'x-tenant-id': String(tenant), 'x-atlas-roles': roles } });
/** The data of a request that must succeed. */
async function done(query: string, tenant = 1, roles = ROLES): Promise<Record<string, never>> {
  const { data, errors } = await as(roles, query, tenant);
  expect({ query, errors }).toEqual({ query, errors: [] });
  return data as Record<string, never>;
}
const define = (input: string) => `mutation { defineAttribute(input: { ${input} }) { definition { version } } }`;
const put = (id: number, type: string, attributes = '') =>
  `mutation { upsertEntity(input: { id: "${id}", type: "${type}", attributes: [${attributes}] }) { status } }`;
async function typesOf(tenant = 1, roles = ROLES, selected = 'name entityCount'): Promise<unknown[]> {
  const query = `{ entityTypes(freshness: { class: REALTIME }) { edges { node { ${selected} } } } }`;
  const { entityTypes } = (await done(query, tenant, roles)) as Record<string, { edges: { node: unknown }[] }>;
  return entityTypes?.edges.map(({ node }) => node) ?? [];
}

beforeAll(async () => {
  stack = await startGraphQLStack();
  await done(define('key: "title", type: TEXT'));
  await done(define('key: "price", type: NUMBER, filterable: false, entityTypes: ["product", "offer"]'));
  await done(define('key: "salary", type: NUMBER, entityTypes: ["person", "secret"], access: { read: ["hr"] }'));
  await done(define('key: "old", type: TEXT, entityTypes: ["former"]'));
  for (let id = 1; id <= 6; id++) await done(put(id, 'product', '{ key: "title", text: "t" }'));
  await done(put(7, 'product', '{ key: "price", number: 3 }, { key: "old", text: "o" }'));
  await done(put(8, 'person', '{ key: "salary", number: 1 }, { key: "title", text: "Dr" }'));
  await done(put(9, 'Zebra'));
  await done(put(10, 'gone'));
  await done('mutation { deleteEntity(id: 10) { deleted } }');
  await done('mutation { retireAttribute(key: "old") { definition { key } } }');
  await done(put(1, 'theirs', '{ key: "note", text: "of tenant 2" }'), 2);
});
afterAll(() => stack?.stop());
beforeEach(() => {
  stack.statements.length = 0;
});

describe('entityTypes', () => {
  it('are those of the entities on all shards and those that definitions list, by name', async () => {
    expect(await typesOf()).toEqual([
      { name: 'Zebra', entityCount: 1 },
      { name: 'offer', entityCount: 0 },
      { name: 'person', entityCount: 1 },
      { name: 'product', entityCount: 7 },
      { name: 'secret', entityCount: 0 },
    ]);
  });

  it('are those of the tenant only', async () => {
    expect(await typesOf(2)).toEqual([{ name: 'theirs', entityCount: 1 }]);
    expect(await typesOf(3)).toEqual([]);
  });

  it('have the attributes in use, with the number of entities that have each', async () => {
    const types = await typesOf(1, ROLES, 'name attributes { definition { key type } entityCount }');
    const attribute = (key: string, type: string, entityCount: number) => ({ definition: { key, type }, entityCount });
    expect(types).toEqual([
      { name: 'Zebra', attributes: [] },
      { name: 'offer', attributes: [attribute('price', 'NUMBER', 0)] },
      { name: 'person', attributes: [attribute('salary', 'NUMBER', 1), attribute('title', 'TEXT', 1)] },
      { name: 'product', attributes: [attribute('price', 'NUMBER', 1), attribute('title', 'TEXT', 6)] },
      { name: 'secret', attributes: [attribute('salary', 'NUMBER', 0)] },
    ]);
  });

  it('hide attributes that the caller may not read, and types that only those list', async () => {
    const types = await typesOf(1, 'read', 'name entityCount attributes { definition { key } }');
    expect(types).toEqual([
      { name: 'Zebra', entityCount: 1, attributes: [] },
      { name: 'offer', entityCount: 0, attributes: [{ definition: { key: 'price' } }] },
      { name: 'person', entityCount: 1, attributes: [{ definition: { key: 'title' } }] },
      {
        name: 'product',
        entityCount: 7,
        attributes: [{ definition: { key: 'price' } }, { definition: { key: 'title' } }],
      },
    ]);
  });

  it('are paged without skipping or repeating any', async () => {
    const names: unknown[] = [];
    let after: string | null = null;
    for (let page = 0; page < 3; page++) {
      const asked = `{ entityTypes(first: 2${after === null ? '' : `, after: ${JSON.stringify(after)}`}) {
        edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage endCursor } freshness { source } } }`;
      const { entityTypes: connection } = await done(asked);
      const { edges, pageInfo } = connection as unknown as {
        edges: { cursor: string; node: { name: string } }[];
        pageInfo: { endCursor: string };
      };
      expect(connection).toMatchObject({
        pageInfo: { hasNextPage: page < 2, hasPreviousPage: page > 0, endCursor: edges.at(-1)?.cursor },
        freshness: { source: 'PRIMARY' },
      });
      names.push(...edges.map(({ node }) => node.name));
      after = pageInfo.endCursor;
    }
    expect(names).toEqual(['Zebra', 'offer', 'person', 'product', 'secret']);
    const foreign = await as(ROLES, `{ entityTypes(after: ${JSON.stringify(after)}) { edges { cursor } } }`, 2);
    expect(foreign).toMatchObject({ codes: ['BAD_USER_INPUT'] });
  });

  it('read what is selected only, in one statement for each shard and question', async () => {
    await typesOf(1, ROLES, 'name');
    expect(stack.statements.map(({ text }) => text.includes('count('))).toEqual([false, false]);
    stack.statements.length = 0;
    await typesOf(1, ROLES, 'name entityCount attributes { entityCount }');
    expect(stack.statements).toHaveLength(4);
  });

  it('report the freshness of what was read', async () => {
    const { extensions } = await as(ROLES, '{ entityTypes { edges { node { name } } } }');
    expect(extensions).toMatchObject({
      freshness: {
        reads: [
          { shard: 's0', requested: { class: 'ANALYTICAL', fallback: 'REPLICA' } },
          { shard: 's1', requested: { class: 'ANALYTICAL' } },
        ],
      },
    });
  });

  it('need the role read, and stay within the page size', async () => {
    expect(await as('write', '{ entityTypes { edges { cursor } } }')).toMatchObject({ codes: ['FORBIDDEN'] });
    expect(await as(ROLES, '{ entityTypes(first: 1001) { edges { cursor } } }')).toMatchObject({
      codes: ['LIMIT_EXCEEDED'],
    });
  });
});

describe('describeEntityType', () => {
  const describeType = (type: string, description: string | null) =>
    `mutation { describeEntityType(type: "${type}", description: ${JSON.stringify(description)}) {
      type description consistencyToken } }`;
  const described = async (tenant = 4) => typesOf(tenant, 'read', 'name description entityCount');

  it('says what a type means, with entities or without, until that is removed', async () => {
    await done(put(1, 'parcel'), 4);
    expect(await done(describeType('parcel', 'What is sent'), 4)).toEqual({
      describeEntityType: { type: 'parcel', description: 'What is sent', consistencyToken: expect.any(String) },
    });
    await done(describeType('depot', 'Where it waits'), 4);
    expect(await described()).toEqual([
      { name: 'depot', description: 'Where it waits', entityCount: 0 },
      { name: 'parcel', description: 'What is sent', entityCount: 1 },
    ]);
    expect((await as('read', '{ entities(type: "depot") { totalCount } }', 4)).extensions).not.toHaveProperty('hints');
    for (const type of ['depot', 'parcel']) await done(describeType(type, null), 4);
    expect(await described()).toEqual([{ name: 'parcel', description: null, entityCount: 1 }]);
  });

  it('is of one tenant, counted among its limits, and needs the role define', async () => {
    await done(describeType('depot', 'of tenant 5'), 5);
    expect(await described(5)).toEqual([{ name: 'depot', description: 'of tenant 5', entityCount: 0 }]);
    expect(await described(6)).toEqual([]);
    const usage = '{ catalogUsage { describedTypes { used limit } } }';
    expect(await done(usage, 5)).toEqual({ catalogUsage: { describedTypes: { used: 1, limit: 1_000 } } });
    expect(await done(usage, 6)).toEqual({ catalogUsage: { describedTypes: { used: 0, limit: 1_000 } } });
    expect(await as('read write', describeType('depot', 'x'), 5)).toMatchObject({ codes: ['FORBIDDEN'] });
    expect(await as(ROLES, describeType('no name', 'x'), 5)).toMatchObject({ codes: ['BAD_USER_INPUT'] });
  });

  it('is in the audit', async () => {
    await done(describeType('depot', 'x'), 7);
    expect(await done('{ auditLog { edges { node { operation attribute entityId } } } }', 7, 'audit')).toEqual({
      auditLog: { edges: [{ node: { operation: 'DESCRIBE_ENTITY_TYPE', attribute: null, entityId: null } }] },
    });
  });
});

describe('a type that no entity has', () => {
  const UNKNOWN = { code: 'TYPE_UNKNOWN', message: 'No entity has type "prodcut"; did you mean "product"?' };
  const analytics = (field: string) => `{ analytics { ${field} } }`;

  it.each([
    ['entities', '{ entities(type: "prodcut") { edges { cursor } } }'],
    ['definitions', '{ attributeDefinitions(filter: { keyStartsWith: "pri", entityType: "prodcut" }) { totalCount } }'],
    ['a count', analytics('count(type: "prodcut") { count }')],
    ['a count by group', analytics('count(type: "prodcut", groupBy: ["title"]) { groups { count } }')],
    ['facets', analytics('facets(type: "prodcut", attributes: ["title"]) { facets { missing } }')],
    ['top values', analytics('topValues(type: "prodcut", attribute: "title") { values { value } }')],
    ['statistics', analytics('statistics(type: "prodcut", attribute: "salary") { groups { count } }')],
    ['a distribution', analytics('distribution(type: "prodcut", attribute: "salary") { groups { value } }')],
    [
      'a distribution with bounds',
      analytics('distribution(type: "prodcut", attribute: "salary", min: 0, max: 1) { groups { value } }'),
    ],
    ['a time series', analytics('timeSeries(type: "prodcut", interval: DAY) { groups { value } }')],
    [
      'a time series with bounds',
      analytics(`timeSeries(type: "prodcut", interval: DAY, from: "2026-01-01T00:00:00Z", to: "2026-01-03T00:00:00Z") {
        groups { value } }`),
    ],
  ])('is hinted at by %s, beside the empty answer', async (_, query) => {
    const { errors, extensions } = await as(ROLES, query);
    expect(errors).toEqual([]);
    expect(extensions).toMatchObject({ hints: [UNKNOWN] });
  });

  it('is refused if it cannot be the name of a type', async () => {
    for (const field of ['entities(type: "a b")', 'attributeDefinitions(filter: { entityType: "a b" })']) {
      expect(await as(ROLES, `{ ${field} { totalCount } }`)).toMatchObject({ codes: ['BAD_USER_INPUT'] });
    }
  });

  it('is hinted at once for each type, whatever the number of fields', async () => {
    const query = `{ a: entities(type: "prodcut") { totalCount } b: entities(type: "prodcut") { totalCount }
      c: entities(type: "nothing") { totalCount } }`;
    const { extensions } = await as(ROLES, query);
    expect(extensions?.hints).toEqual([
      { code: 'TYPE_UNKNOWN', message: 'No entity has type "nothing"; entityTypes lists all types.' },
      UNKNOWN,
    ]);
  });

  it.each([
    ['has entities, of which none match', 'entities(type: "product", filter: { ids: [1000] }) { totalCount }'],
    ['a definition lists', 'entities(type: "offer") { totalCount }'],
    ['is not given', 'entities(filter: { ids: [1000] }) { totalCount }'],
  ])('is not one that %s', async (_, field) => {
    const { extensions, errors } = await as(ROLES, `{ ${field} }`);
    expect(errors).toEqual([]);
    expect(extensions).not.toHaveProperty('hints');
  });

  it('costs no statement once the types are known', async () => {
    const query = '{ entities(type: "product", filter: { ids: [1000] }) { edges { cursor } } }';
    await done(query);
    stack.statements.length = 0;
    await done(query);
    expect(stack.statements).toHaveLength(2); // of which each asks a shard for the page
  });

  it('is not known from another tenant, nor are its names suggested', async () => {
    const hintsOf = async (type: string, tenant: number) =>
      (await as(ROLES, `{ entities(type: "${type}") { totalCount } }`, tenant)).extensions?.hints;
    const nothing = (type: string) => [
      { code: 'TYPE_UNKNOWN', message: `No entity has type "${type}"; entityTypes lists all types.` },
    ];
    expect(await hintsOf('prodcut', 2)).toEqual(nothing('prodcut'));
    expect(await hintsOf('product', 2)).toEqual(nothing('product'));
    expect(await hintsOf('theirs', 1)).toEqual(nothing('theirs'));
    expect(await hintsOf('their', 3)).toEqual(nothing('their'));
  });

  it('is hinted at without names to a caller who may not read, and without what the caller may not know', async () => {
    const count = (type: string) => analytics(`count(type: "${type}") { count }`);
    expect((await as('analytics', count('prodcut'))).extensions?.hints).toEqual([
      { code: 'TYPE_UNKNOWN', message: 'No entity has type "prodcut".' },
    ]);
    // `secret` is listed by an attribute that needs the role hr.
    expect((await as(ROLES, count('secret'))).extensions).not.toHaveProperty('hints');
    for (const type of ['secret', 'sacret']) {
      expect((await as('read analytics', count(type))).extensions?.hints).toEqual([
        { code: 'TYPE_UNKNOWN', message: `No entity has type "${type}"; entityTypes lists all types.` },
      ]);
    }
  });

  it('can be written at any time', async () => {
    expect((await as(ROLES, '{ entities(type: "novelty") { totalCount } }')).extensions).toHaveProperty('hints');
    await done(put(50, 'novelty'), 1);
    const { data, extensions } = await as(ROLES, '{ entities(type: "novelty") { totalCount } }');
    expect({ data, hints: extensions?.hints }).toEqual({ data: { entities: { totalCount: 1 } }, hints: undefined });
    await done('mutation { deleteEntity(id: 50) { deleted } }');
  });
});
