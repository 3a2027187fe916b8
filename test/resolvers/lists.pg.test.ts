import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../graphql/support/graphql-stack.ts';
import { postgresQuery } from '../support/postgres-query.ts';

let stack: GraphQLStack;

const HEADERS = { 'x-tenant-id': '1', 'x-atlas-roles': 'read write define analytics' };
const run = (query: string, variables: object = {}, headers: Record<string, string> = HEADERS) =>
  ask(stack.handler, query, { variables, headers });

const UPSERT =
  'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status error { code message } } } }';

interface Result {
  readonly status: string;
  readonly error: { readonly code: string; readonly message: string } | null;
}

async function upsert(...input: object[]): Promise<readonly Result[]> {
  const { data } = await run(UPSERT, { input });
  return (data as { upsertEntities: { results: readonly Result[] } }).upsertEntities.results;
}
const tagged = (id: string, textList: readonly unknown[]) => ({
  ...{ id, type: 'post', attributes: [{ key: 'tags', textList }] },
});

/** What an entity has in the index of elements, on whichever shard. */
async function elements(id: string): Promise<object[]> {
  const rows = await Promise.all(
    stack.endpoints.map(({ primary }) =>
      postgresQuery(
        primary,
        `SELECT value_text, value_number, is_first FROM atlas.entity_element WHERE tenant_id = 1 AND entity_id = ${id} ORDER BY attribute_id, position`,
      ),
    ),
  );
  return rows.flat();
}

beforeAll(async () => {
  stack = await startGraphQLStack({ ATLAS_MAX_LIST_ELEMENTS: '5', ATLAS_MAX_FILTER_NODES: '4' });
  for (const input of [
    'key: "tags", type: TEXT_LIST, exposed: true',
    'key: "ratings", type: NUMBER_LIST, exposed: true, rules: { min: 0, max: 10 }',
    'key: "codes", type: TEXT_LIST, rules: { pattern: "^[A-Z]+$", enum: ["A", "B"] }',
    'key: "kept", type: TEXT_LIST, filterable: false',
  ]) {
    const { errors } = await run(`mutation { defineAttribute(input: { ${input} }) { definition { key } } }`);
    expect(errors).toEqual([]);
  }
});
afterAll(() => stack?.stop());

describe('a list', () => {
  it('keeps its order and what is in it twice, is replaced as a whole, and is empty or absent', async () => {
    const attributes = [
      { key: 'tags', textList: ['b', 'a', 'b'] },
      { key: 'ratings', numberList: [2.5, -0, 1e-7] },
      { key: 'kept', textList: [] },
    ];
    await upsert({ id: '1', type: 'post', attributes });
    const read = async () =>
      (
        await run(
          `{ entity(id: "1") { tags ratings textList(key: "kept") numberList(key: "ratings")
             attributes { key type ... on TextListAttribute { textList } ... on NumberListAttribute { numberList } } } }`,
        )
      ).data;
    expect(await read()).toEqual({
      entity: {
        ...{ tags: ['b', 'a', 'b'], ratings: [2.5, 0, 1e-7], textList: [], numberList: [2.5, 0, 1e-7] },
        attributes: [
          { key: 'kept', type: 'TEXT_LIST', textList: [] },
          { key: 'ratings', type: 'NUMBER_LIST', numberList: [2.5, 0, 1e-7] },
          { key: 'tags', type: 'TEXT_LIST', textList: ['b', 'a', 'b'] },
        ],
      },
    });
    const one = (value_text: string | null, value_number: number | null, is_first: boolean) => ({
      ...{ value_text, value_number, is_first },
    });
    expect(await elements('1')).toEqual([
      ...[one('b', null, true), one('a', null, true), one('b', null, false)],
      ...[one(null, 2.5, true), one(null, 0, true), one(null, 1e-7, true)],
    ]);
    expect(await upsert(tagged('1', ['b', 'a', 'b']))).toMatchObject([{ status: 'UNCHANGED' }]);
    expect(await upsert(tagged('1', ['a']))).toMatchObject([{ status: 'UPDATED' }]);
    await run(
      'mutation { upsertEntity(input: { id: "1", type: "post", attributes: [], removeAttributes: ["ratings"] }) { status } }',
    );
    expect(await elements('1')).toEqual([one('a', null, true)]);
    expect(await read()).toMatchObject({ entity: { tags: ['a'], ratings: null, textList: [] } });
    await run('mutation { deleteEntity(id: "1") { deleted } }');
    expect(await elements('1')).toEqual([]);
  });

  it('is refused with what is wrong and what would be right', async () => {
    const refused = async (attribute: object) => {
      const [result] = await upsert({ id: '2', type: 'post', attributes: [attribute] });
      return [result?.error?.code, result?.error?.message];
    };
    const long = 'x'.repeat(257);
    expect(await refused({ key: 'tags', textList: ['1', '2', '3', '4', '5', '6'] })).toEqual([
      'ATTRIBUTE_INVALID',
      'Attribute "tags" has a list of 6 elements; the limit is 5.',
    ]);
    expect(await refused({ key: 'tags', textList: ['a', long] })).toEqual([
      'ATTRIBUTE_INVALID',
      'Attribute "tags" has a list whose element 2 has 257 characters; the limit is 256.',
    ]);
    expect(await refused({ key: 'tags', textList: ['a\0'] })).toEqual([
      'ATTRIBUTE_INVALID',
      'Attribute "tags" has a list whose element 1 contains a NUL character or an unpaired surrogate.',
    ]);
    expect(await refused({ key: 'tags', text: 'a' })).toEqual([
      'ATTRIBUTE_TYPE_MISMATCH',
      'Attribute "tags" has type TEXT_LIST but got its value in the field text; expected the field textList.',
    ]);
    expect(await refused({ key: 'ratings', numberList: [1, 11] })).toEqual([
      'ATTRIBUTE_INVALID',
      'Attribute "ratings" has a list whose element 2 violates rule max: got 11; expected at most 10.',
    ]);
    expect(await refused({ key: 'codes', textList: ['A', 'C'] })).toEqual([
      'ATTRIBUTE_INVALID',
      'Attribute "codes" has a list whose element 2 violates rule enum: got "C"; expected one of "A", "B".',
    ]);
    expect(await elements('2')).toEqual([]);
    const none = await run(UPSERT, { input: [tagged('2', ['a', null])] });
    expect(none.errors[0]?.message).toContain('Expected non-nullable type "String!" not to be null');
    const hot = await run(
      'mutation { defineAttribute(input: { key: "hot", type: TEXT_LIST, hot: true }) { definition { key } } }',
    );
    expect(hot.codes).toEqual(['ATTRIBUTE_INVALID']);
    expect(hot.errors[0]?.message).toContain('TEXT_LIST');
    const unique = await run(
      'mutation { defineAttribute(input: { key: "key", type: TEXT_LIST, unique: true, entityTypes: ["post"] }) { definition { key } } }',
    );
    expect(unique.codes).toEqual(['ATTRIBUTE_INVALID']);
  });

  it('is found by its elements and its size, with filter and with where', async () => {
    await upsert(tagged('11', ['red', 'round']), tagged('12', ['red', 'square', 'red']), tagged('13', []), {
      id: '14',
      type: 'post',
      attributes: [{ key: 'ratings', numberList: [1, 2, 2] }],
    });
    const found = async (where: string) => {
      const { data, errors } = await run(
        `{ entities(type: "post", where: ${where}) { totalCount edges { node { id } } } }`,
      );
      expect(errors).toEqual([]);
      const page = (data as { entities: { totalCount: number; edges: { node: { id: string } }[] } }).entities;
      const ids = page.edges.map(({ node }) => node.id);
      expect(page.totalCount).toBe(ids.length);
      return ids;
    };
    expect(await found('{ tags: { contains: "red" } }')).toEqual(['11', '12']);
    expect(await found('{ tags: { containsAny: ["round", "square", "none"] } }')).toEqual(['11', '12']);
    expect(await found('{ tags: { containsAny: [] } }')).toEqual([]);
    expect(await found('{ tags: { containsAll: ["square", "red"] } }')).toEqual(['12']);
    expect(await found('{ tags: { containsAll: [] } }')).toEqual(['11', '12', '13']);
    expect(await found('{ tags: { size: { eq: 0 } } }')).toEqual(['13']);
    expect(await found('{ tags: { contains: "red", size: { gte: 3 } } }')).toEqual(['12']);
    expect(await found('{ tags: { exists: true }, not: { tags: { contains: "red" } } }')).toEqual(['13']);
    expect(await found('{ ratings: { containsAll: [2, 1.0] } }')).toEqual(['14']);
    const { data, errors } = await run(
      `{ entities(filter: { attributes: [{ key: "ratings", numberList: { contains: 2, size: { lt: 4 } } }] }) { edges { node { id } } }
         analytics { count(filter: { attributes: [{ key: "tags", textList: { contains: "red" } }] }) { count } } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({ entities: { edges: [{ node: { id: '14' } }] }, analytics: { count: { count: 2 } } });
  });

  it('is refused in a filter or order that does not know lists', async () => {
    const messages = async (query: string) => (await run(`{ ${query} { edges { node { id } } } }`)).errors[0]?.message;
    const where = (predicate: string) => messages(`entities(filter: { attributes: [{ key: "tags", ${predicate} }] })`);
    expect(await where('text: { eq: "red" }')).toBe(
      'Attribute "tags" has type TEXT_LIST; filter it with textList, not with text.',
    );
    expect(await where('numberList: { contains: 1 }')).toBe(
      'Attribute "tags" has type TEXT_LIST; filter it with textList, not with numberList.',
    );
    expect(await where('textList: {}')).toBe(
      'textList of "tags" has no operator; add one of contains, containsAny, containsAll, size.',
    );
    expect(await where('textList: { containsAll: ["1", "2", "3", "4", "5"] }')).toBe(
      'The filter has too many predicates and combinators; the limit is 4.',
    );
    expect(await messages('entities(orderBy: [{ attribute: "tags", direction: ASC }])')).toContain(
      'has type TEXT_LIST, which has no order',
    );
    expect(
      await messages('entities(filter: { attributes: [{ key: "kept", textList: { contains: "a" } }] })'),
    ).toContain('not filterable');
  });

  it('counts with each element in analytics, whichever store answers', async () => {
    const { data, errors } = await run(
      `{ analytics {
        topValues(attribute: "tags") { values { value count } }
        facets(attributes: ["tags", "ratings"], type: "post") { facets { attribute missing distinct values { value count } } }
        distribution(attribute: "ratings", min: 0, max: 4, buckets: 4) { groups { buckets { bucket count } } }
        statistics(attribute: "ratings") { groups { count sum mean } }
        count(groupBy: ["tags"], type: "post") { groups { value count } }
      } }`,
    );
    expect(errors).toEqual([]);
    const colours = [
      { value: 'red', count: 3 },
      { value: 'round', count: 1 },
      { value: 'square', count: 1 },
    ];
    const ratings = [
      { value: '2', count: 2 },
      { value: '1', count: 1 },
    ];
    expect(data).toEqual({
      analytics: {
        topValues: { values: colours },
        facets: {
          facets: [
            { attribute: 'tags', missing: 1, distinct: 3, values: colours },
            { attribute: 'ratings', missing: 3, distinct: 2, values: ratings },
          ],
        },
        distribution: {
          groups: [
            {
              buckets: [
                { bucket: 2, count: 1 },
                { bucket: 3, count: 2 },
              ],
            },
          ],
        },
        statistics: { groups: [{ count: 3, sum: 5, mean: 5 / 3 }] },
        count: { groups: colours },
      },
    });
    const text = await run('{ analytics { statistics(attribute: "tags") { groups { count } } } }');
    expect(text.errors[0]?.message).toContain('requires a NUMBER or NUMBER_LIST attribute');
  });

  it('is its own tenant’s: nobody else finds its elements', async () => {
    const other = { ...HEADERS, 'x-tenant-id': '2' };
    await run(
      'mutation { defineAttribute(input: { key: "tags", type: TEXT_LIST, exposed: true }) { definition { key } } }',
      {},
      other,
    );
    const { data } = await run('{ entities(where: { tags: { contains: "red" } }) { totalCount } }', {}, other);
    expect(data).toEqual({ entities: { totalCount: 0 } });
  });
});
