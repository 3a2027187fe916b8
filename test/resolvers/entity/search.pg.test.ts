import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../../graphql/support/graphql-stack.ts';

let stack: GraphQLStack;

const BOOKS = [
  { id: '1', name: 'The Hobbit', summary: 'A hobbit goes there, and back again.' },
  { id: '2', name: 'Hobbit', summary: 'Short.' },
  { id: '3', name: 'Middle-earth', summary: 'Where the HOBBITS live; not one hobbit more.' },
  { id: '4', name: 'Emma', summary: 'No such thing.' },
  ...Array.from({ length: 9 }, (_, index) => ({ id: String(11 + index), name: `Volume ${index}`, summary: 'None.' })),
];

const WRITE = 'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status } } }';
const rowOf = ({ id, name, summary }: (typeof BOOKS)[number]) => ({
  ...{ id, type: id === '4' ? 'film' : 'book' },
  attributes: [
    { key: 'name', text: name },
    { key: 'summary', text: summary },
    { key: 'score', number: Number(id) },
    { key: 'note', text: 'hobbit' },
  ],
});

beforeAll(async () => {
  stack = await startGraphQLStack({
    ATLAS_MAX_SEARCH_WORDS: '3',
    ATLAS_MAX_SEARCH_KEYS: '2',
    ATLAS_MAX_PAGE_SIZE: '50',
  });
  const define = async (input: string, tenant = '1') => {
    const query = `mutation { defineAttribute(input: { ${input} }) { consistencyToken } }`;
    expect((await ask(stack.handler, query, { headers: { 'x-tenant-id': tenant } })).errors).toEqual([]);
  };
  await define('key: "name", type: TEXT, exposed: true, hot: true');
  await define('key: "summary", type: TEXT');
  await define('key: "score", type: NUMBER, exposed: true');
  await define('key: "note", type: TEXT, filterable: false');
  for (const key of ['a', 'b', 'c']) await define(`key: "${key}", type: TEXT`, '3');
  expect((await ask(stack.handler, WRITE, { variables: { input: BOOKS.map(rowOf) } })).errors).toEqual([]);
  const theirs = { id: '2', type: 'book', attributes: [{ key: 'name', text: 'Hobbit of tenant 2' }] };
  await ask(stack.handler, WRITE, { variables: { input: [theirs] }, headers: { 'x-tenant-id': '2' } });
});
afterAll(() => stack?.stop());
beforeEach(() => {
  stack.statements.length = 0;
});

interface Found {
  readonly edges: { readonly cursor: string; readonly rank: number; readonly node: { id: string; name: string } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly endCursor: string | null;
  };
}

const query = (selection: string) =>
  `{ search(${selection}) { edges { cursor rank node { id name: text(key: "name") } } pageInfo { hasNextPage hasPreviousPage endCursor } freshness { source } } }`;

async function found(selection: string, tenant = '1'): Promise<Found> {
  const { data, errors } = await ask(stack.handler, query(selection), { headers: { 'x-tenant-id': tenant } });
  expect(errors).toEqual([]);
  return (data as { search: Found }).search;
}

const ids = ({ edges }: Found) => edges.map(({ node }) => node.id);

describe('a search', () => {
  it('finds entities of all shards by rank, in all attributes that can be filtered by', async () => {
    const { edges } = await found('text: "hobbit"');
    expect(edges.map(({ node, rank }) => [node.id, node.name, rank])).toEqual([
      ['2', 'Hobbit', 1],
      ['1', 'The Hobbit', 0.6 + 0.166666],
      ['3', 'Middle-earth', 0.136363],
    ]);
    expect(stack.statements.map(({ shard }) => shard).sort()).toEqual(['s0', 's1']);
  });

  it.each([
    ['all words, in whatever attribute', 'text: "short hobbit"', ['2']],
    ['words that begin with one', 'text: "HOB* live"', ['3']],
    ['whole words only', 'text: "hob"', []],
    ['one attribute', 'text: "hobbit", keys: ["summary"]', ['1', '3']],
    ['attributes in any order', 'text: "hobbit", keys: ["summary", "name"]', ['2', '1', '3']],
    ['one type', 'text: "thing", type: "book"', []],
    ['a filter', 'text: "hobbit", filter: { attributes: [{ key: "score", number: { lte: 2 } }] }', ['2', '1']],
    ['a typed filter', 'text: "hobbit", where: { score: { gt: 1 } }', ['2', '3']],
  ])('is about %s', async (_name, selection, expected) => {
    expect(ids(await found(selection))).toEqual(expected);
  });

  it('is paged over the shards, also within one rank', async () => {
    const all: string[] = [];
    let page = await found('text: "vol* none", first: 4');
    expect(page.pageInfo.hasPreviousPage).toBe(false);
    for (;;) {
      all.push(...ids(page));
      if (!page.pageInfo.hasNextPage) break;
      page = await found(`text: "vol* none", first: 4, after: "${page.pageInfo.endCursor}"`);
      expect(page.pageInfo.hasPreviousPage).toBe(true);
    }
    expect(all).toEqual(BOOKS.slice(4).map(({ id }) => id));
  });

  it('says how fresh it is, and shows what a token includes', async () => {
    const write = `mutation { upsertEntity(input: { id: "20", type: "book", attributes: [{ key: "name", text: "Dune" }] }) { consistencyToken } }`;
    const { data } = await ask(stack.handler, write);
    const { consistencyToken } = (data as { upsertEntity: { consistencyToken: string } }).upsertEntity;
    const { data: answer, extensions } = await ask(
      stack.handler,
      `{ search(text: "dune", freshness: { after: "${consistencyToken}" }) { edges { node { id freshness { shard } } } freshness { source lagMs } } }`,
    );
    expect(answer).toMatchObject({
      search: { edges: [{ node: { id: '20' } }], freshness: { source: 'PRIMARY', lagMs: 0 } },
    });
    expect(extensions.freshness).toMatchObject({ reads: [{ requested: { class: 'INTERACTIVE' } }, {}] });
  });

  it('costs what its page may have, and more for the search', async () => {
    const { extensions } = await ask(
      stack.handler,
      '{ search(text: "hobbit", first: 10) { edges { rank node { id } } } }',
    );
    expect(extensions.cost).toMatchObject({ requested: 100 + 10 * 4 });
  });

  it('shows a tenant nothing of another', async () => {
    expect((await found('text: "hobbit"', '2')).edges).toMatchObject([{ node: { name: 'Hobbit of tenant 2' } }]);
    expect(ids(await found('text: "tenant"'))).toEqual([]);
    const { pageInfo } = await found('text: "hobbit", first: 1');
    const after = `text: "hobbit", first: 1, after: "${pageInfo.endCursor}"`;
    const { codes } = await ask(stack.handler, query(after), { headers: { 'x-tenant-id': '2' } });
    expect(codes).toEqual(['BAD_USER_INPUT']);
  });

  it('refuses a cursor of another search', async () => {
    const { pageInfo } = await found('text: "hobbit", first: 1');
    for (const other of ['text: "hob*"', 'text: "hobbit", keys: ["name"]', 'text: "hobbit", type: "book"']) {
      const { errors } = await ask(stack.handler, query(`${other}, after: "${pageInfo.endCursor}"`));
      expect(errors[0]?.message).toContain('belongs to another search');
    }
    const entities = `{ entities(after: "${pageInfo.endCursor}") { edges { cursor } } }`;
    expect((await ask(stack.handler, entities)).codes).toEqual(['BAD_USER_INPUT']);
    expect(ids(await found(`text: " hobbit! ", after: "${pageInfo.endCursor}"`))).toEqual(['1', '3']);
  });

  it.each([
    ['text: ""', 'BAD_USER_INPUT', 'text has no word; expected letters or digits.'],
    ['text: " – *, "', 'BAD_USER_INPUT', 'text has no word; expected letters or digits.'],
    ['text: "a\\u0000b"', 'BAD_USER_INPUT', 'NUL character'],
    ['text: "a b c d"', 'LIMIT_EXCEEDED', 'text has 4 words; the limit is 3.'],
    [`text: "${'é'.repeat(257)}"`, 'LIMIT_EXCEEDED', 'text has 257 characters; the limit is 256.'],
    ['text: "a", keys: []', 'BAD_USER_INPUT', 'keys is empty; expected at least one key.'],
    ['text: "a", keys: ["name", "name"]', 'BAD_USER_INPUT', 'keys has a key twice.'],
    ['text: "a", keys: ["name", "summary", "note"]', 'LIMIT_EXCEEDED', 'keys has 3 keys; the limit is 2.'],
    ['text: "a", keys: ["nmae"]', 'ATTRIBUTE_UNKNOWN', 'did you mean "name"?'],
    ['text: "a", keys: ["score"]', 'ATTRIBUTE_TYPE_MISMATCH', 'has type NUMBER; search requires TEXT attributes.'],
    ['text: "a", keys: ["note"]', 'ATTRIBUTE_NOT_FILTERABLE', 'not filterable'],
    ['text: "a", first: 51', 'LIMIT_EXCEEDED', 'first is 51; the limit is 50.'],
    ['text: "a", after: "x"', 'BAD_USER_INPUT', 'cursor'],
  ])('refuses %s', async (selection, code, message) => {
    const { errors } = await ask(stack.handler, query(selection));
    expect(errors).toMatchObject([{ message: expect.stringContaining(message), extensions: { code } }]);
  });

  it('requires a choice among too many attributes, and one at all', async () => {
    const refusal = async (tenant: string) =>
      (await ask(stack.handler, '{ search(text: "a") { edges { rank } } }', { headers: { 'x-tenant-id': tenant } }))
        .errors[0]?.message;
    expect(await refusal('3')).toBe('There are 3 attributes to search in; the limit is 2. List some in keys.');
    expect(await refusal('4')).toBe('There is no attribute to search in; expected a filterable TEXT attribute.');
  });
});
