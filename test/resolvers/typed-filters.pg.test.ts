import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../graphql/support/graphql-stack.ts';

let stack: GraphQLStack;

/** Entities 1 to 12: `score` is the id and missing from every fourth; `user_name` is a, b or c. */
const entities = Array.from({ length: 12 }, (_, index) => {
  const id = index + 1;
  return {
    id: String(id),
    type: 'user',
    attributes: [
      { key: 'user_name', text: 'abc'.charAt(id % 3) },
      { key: 'seen', timestamp: `2026-01-${String(id).padStart(2, '0')}T12:00:00Z` },
      { key: 'doc', json: { n: id % 2 } },
      { key: 'active', boolean: id > 6 },
      ...(id % 4 === 0 ? [] : [{ key: 'score', number: id }]),
    ],
  };
});

beforeAll(async () => {
  stack = await startGraphQLStack({ ATLAS_MAX_FILTER_NODES: '10' });
  const types = {
    user_name: 'TEXT',
    seen: 'TIMESTAMP',
    doc: 'JSON',
    active: 'BOOLEAN',
    score: 'NUMBER',
    not: 'NUMBER',
  };
  for (const [key, type] of Object.entries(types)) {
    const input = `{ key: "${key}", type: ${type}, exposed: true }`;
    const { errors } = await ask(stack.handler, `mutation { defineAttribute(input: ${input}) { consistencyToken } }`);
    expect(errors).toEqual([]);
  }
  const write = 'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status } } }';
  expect((await ask(stack.handler, write, { variables: { input: entities } })).errors).toEqual([]);
});
afterAll(() => stack?.stop());

interface Page {
  readonly entities: { edges: { node: { id: string }; cursor: string }[]; totalCount: number };
}

async function pageOf(selection: string): Promise<Page['entities']> {
  const query = `{ entities(${selection}) { edges { cursor node { id } } totalCount } }`;
  const { data, errors } = await ask(stack.handler, query);
  expect(errors).toEqual([]);
  return (data as Page).entities;
}

const idsOf = ({ edges }: Page['entities']) => edges.map(({ node }) => Number(node.id));

describe('a typed filter', () => {
  it.each([
    ['where: {}', '', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    ['where: { score: { gt: 8 } }', '{ attributes: [{ key: "score", number: { gt: 8 } }] }', [9, 10, 11]],
    ['where: { score: { exists: false } }', '{ attributes: [{ key: "score", exists: false }] }', [4, 8, 12]],
    [
      'where: { userName: { in: ["a", "b"], ne: "a" } }',
      '{ attributes: [{ key: "user_name", text: { in: ["a", "b"], ne: "a" } }] }',
      [1, 4, 7, 10],
    ],
    [
      'where: { seen: { lt: "2026-01-03T00:00:00Z" }, active: null }',
      '{ attributes: [{ key: "seen", timestamp: { lt: "2026-01-03T00:00:00Z" } }] }',
      [1, 2],
    ],
    [
      'where: { doc: { eq: { n: 0 } }, active: { eq: true } }',
      '{ attributes: [{ key: "doc", json: { eq: { n: 0 } } }, { key: "active", boolean: { eq: true } }] }',
      [8, 10, 12],
    ],
    ['where: { id: { in: ["3", "5"] } }', '{ ids: ["3", "5"] }', [3, 5]],
    ['where: { id: { eq: "3", in: ["5"] } }', '{ ids: [] }', []],
    ['where: { or: [] }', '{ or: [] }', []],
    ['where: { createdAt: { gt: "2999-01-01T00:00:00Z" } }', '{ createdAt: { gt: "2999-01-01T00:00:00Z" } }', []],
    [
      'where: { or: [{ score: { lt: 2 } }, { not: { active: { eq: false } } }], not: { userName: { eq: "c" } } }',
      `{ or: [{ attributes: [{ key: "score", number: { lt: 2 } }] }, { not: { attributes: [{ key: "active", boolean: { eq: false } }] } }],
         not: { attributes: [{ key: "user_name", text: { eq: "c" } }] } }`,
      [1, 7, 9, 10, 12],
    ],
  ])('%s selects what the filter selects', async (where, filter, ids) => {
    const page = await pageOf(where);
    expect([idsOf(page), page.totalCount]).toEqual([ids, ids.length]);
    const same = await pageOf(filter === '' ? 'first: 50' : `filter: ${filter}`);
    expect(idsOf(same)).toEqual(ids);
  });

  it('holds together with a filter', async () => {
    const both = 'where: { score: { gt: 5 } }, filter: { attributes: [{ key: "user_name", text: { eq: "a" } }] }';
    expect(idsOf(await pageOf(both))).toEqual([6, 9]);
  });

  it('selects for analytics what the filter selects', async () => {
    const asked = (selection: string) =>
      ask(
        stack.handler,
        `{ analytics {
          count(groupBy: ["active"], ${selection}) { count groups { value count } }
          topValues(attribute: "user_name", ${selection}) { values { value count } }
          spread: distribution(attribute: "score", ${selection}, buckets: 2) { groups { buckets { bucket count } } }
          timeSeries(attribute: "seen", interval: DAY, timeZone: "UTC", ${selection}) { groups { points { value } } }
          facets(attributes: ["user_name", "active"], ${selection}) { facets { attribute values { value count } missing } }
        } }`,
      );
    const where = await asked('where: { score: { gt: 4 }, active: { eq: true } }');
    const filter = await asked(
      'filter: { attributes: [{ key: "score", number: { gt: 4 } }, { key: "active", boolean: { eq: true } }] }',
    );
    expect([where.errors, filter.errors]).toEqual([[], []]);
    expect(where.data).toEqual(filter.data);
    expect(where.data).toMatchObject({ analytics: { count: { count: 4 } } });
    const both = await asked(
      'where: { score: { gt: 4 } }, filter: { attributes: [{ key: "active", boolean: { eq: true } }] }',
    );
    expect(both.data).toEqual(filter.data);
  });

  it('is paged by cursors that are those of the same filter', async () => {
    const where = 'where: { score: { gt: 2 } }';
    const first = await pageOf(`${where}, first: 2`);
    const after = first.edges.at(-1)?.cursor ?? '';
    expect(idsOf(first)).toEqual([3, 5]);
    expect(idsOf(await pageOf(`${where}, first: 2, after: "${after}"`))).toEqual([6, 7]);
    const filter = 'filter: { attributes: [{ key: "score", number: { gt: 2 } }] }';
    expect(idsOf(await pageOf(`${filter}, first: 1, after: "${after}"`))).toEqual([6]);
  });

  it('takes variables, of which null is not set', async () => {
    const query =
      'query ($where: EntityWhere, $min: Float) { a: entities(where: $where) { totalCount } b: entities(where: { score: { gte: $min } , active: { eq: true } }) { totalCount } }';
    const where = { score: { gt: 8, lt: null }, userName: null, and: [{ active: { eq: true } }] };
    const { data, errors } = await ask(stack.handler, query, { variables: { where, min: 10 } });
    expect([data, errors]).toEqual([{ a: { totalCount: 3 }, b: { totalCount: 2 } }, []]);
  });

  it.each([
    ['where: { score: { gt: "80" } }', 'Float cannot represent non numeric value: "80"'],
    ['where: { scored: { gt: 80 } }', 'Field "scored" is not defined by type "EntityWhere". Did you mean "score"'],
    ['where: { score: { startsWith: "8" } }', 'Field "startsWith" is not defined by type "NumberCondition".'],
    ['where: { score: 80 }', 'Expected value of type "NumberCondition", found 80.'],
    ['where: { not: { gt: 1 } }', 'Field "gt" is not defined by type "EntityWhere".'],
  ])('that is mistyped fails validation: %s', async (where, message) => {
    const { status, data, errors } = await ask(stack.handler, `{ entities(${where}) { totalCount } }`);
    expect([status, data]).toEqual([400, null]);
    expect(errors[0]?.message).toContain(message);
  });

  it.each([
    [
      'where: { score: {} }',
      'BAD_USER_INPUT',
      'The filter on "score" is empty; expected exists, or number with an operator.',
    ],
    ['where: { id: {} }', 'BAD_USER_INPUT', 'id has no operator; add eq or in, or omit the predicate.'],
    ['where: { id: { eq: "x" } }', 'BAD_USER_INPUT', '"x"'],
    [
      `where: { or: [${'{ score: { gt: 1 } } '.repeat(10)}] }`,
      'LIMIT_EXCEEDED',
      'The filter has too many predicates and combinators; the limit is 10.',
    ],
  ])('is refused as the filter is: %s', async (where, code, message) => {
    const { errors, codes } = await ask(stack.handler, `{ entities(${where}) { totalCount } }`);
    expect(codes).toEqual([code]);
    expect(errors[0]?.message).toContain(message);
  });
});

describe('a shared attribute', () => {
  const define = (roles: string, input: string) =>
    ask(
      stack.handler,
      `mutation { defineAttribute(input: { ${input}, shared: true }) { definition { shared fieldName } consistencyToken } }`,
      {
        headers: { 'x-tenant-id': '1', 'x-atlas-roles': roles },
      },
    );

  it('needs the role operate, and is then a typed field of every tenant', async () => {
    const input = 'key: "plan", type: TEXT, exposed: true';
    expect(await define('read define', input)).toMatchObject({
      codes: ['FORBIDDEN'],
      errors: [{ message: 'An attribute that is shared by all tenants needs the role "operate".' }],
    });
    const { data, errors } = await define('read define operate', input);
    expect([data, errors]).toMatchObject([
      { defineAttribute: { definition: { shared: true, fieldName: 'plan' } } },
      [],
    ]);
    const query = '{ entities(where: { plan: { exists: true } }) { totalCount edges { node { plan } } } }';
    const other = await ask(stack.handler, query, { headers: { 'x-tenant-id': '77' } });
    expect([other.data, other.errors]).toEqual([{ entities: { totalCount: 0, edges: [] } }, []]);
  });

  it('shows a tenant’s own values where the tenant has had the key before', async () => {
    const headers = { 'x-tenant-id': '2' };
    const write = `mutation { upsertEntity(input: { id: 1, type: "user", attributes: [{ key: "city", text: "Bern" }] }) { status } }`;
    expect((await ask(stack.handler, write, { headers })).errors).toEqual([]);
    expect((await define('read define operate', 'key: "city", type: TEXT, exposed: true')).errors).toEqual([]);
    const query = '{ entities(where: { city: { eq: "Bern" } }) { edges { node { city } } } }';
    const { data, errors } = await ask(stack.handler, query, { headers });
    expect([data, errors]).toEqual([{ entities: { edges: [{ node: { city: 'Bern' } }] } }, []]);
    const clash = await define('read define operate', 'key: "city", type: NUMBER');
    expect(clash.codes).toEqual(['ATTRIBUTE_TYPE_MISMATCH']);
  });
});
