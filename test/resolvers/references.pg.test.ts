import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../graphql/support/graphql-stack.ts';

let stack: GraphQLStack;

const HEADERS = { 'x-tenant-id': '1', 'x-atlas-roles': 'read write define hr analytics' };
const run = (query: string, variables: object = {}, headers: Record<string, string> = HEADERS) =>
  ask(stack.handler, query, { variables, headers });

const AUTHORS = 12;
const BOOKS = 60;
/** The author of a book: some are of another type, and some do not exist. */
const authorOf = (book: number) => String(1 + (book % (AUTHORS + 2)));
const isAuthor = (id: string) => Number(id) <= AUTHORS;

const UPSERT =
  'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status error { message } } } }';

async function upsert(input: object[]): Promise<unknown> {
  const { data } = await run(UPSERT, { input });
  return (data as { upsertEntities: { results: unknown } }).upsertEntities.results;
}

beforeAll(async () => {
  stack = await startGraphQLStack({ ATLAS_MAX_BATCH_IDS: '100' });
  for (const input of [
    'key: "name", type: TEXT, exposed: true',
    'key: "author", type: REFERENCE, exposed: true, rules: { targetTypes: ["author"] }',
    'key: "editor", type: REFERENCE, filterable: false',
    'key: "owner", type: REFERENCE, access: { read: ["hr"] }',
    'key: "mentor", type: REFERENCE, exposed: true',
  ]) {
    const { errors } = await run(
      `mutation { defineAttribute(input: { ${input} }) { definition { key rules { targetTypes } } } }`,
    );
    expect(errors).toEqual([]);
  }
  const authors = Array.from({ length: AUTHORS }, (_, n) => ({
    id: String(n + 1),
    type: 'author',
    attributes: [
      { key: 'name', text: `author ${n + 1}` },
      { key: 'mentor', reference: String(1 + ((n + 1) % AUTHORS)) },
    ],
  }));
  const other = { id: String(AUTHORS + 1), type: 'company', attributes: [{ key: 'name', text: 'no author' }] };
  const books = Array.from({ length: BOOKS }, (_, n) => ({
    id: String(1_000 + n),
    type: 'book',
    attributes: [
      { key: 'name', text: `book ${n}` },
      { key: 'author', reference: authorOf(n) },
      { key: 'owner', reference: '1' },
    ],
  }));
  await upsert([...authors, other, ...books]);
});
afterAll(() => stack?.stop());
beforeEach(() => {
  stack.statements.length = 0;
});

const perShard = () => {
  const counts = new Map<string, number>();
  for (const { shard } of stack.statements) counts.set(shard, (counts.get(shard) ?? 0) + 1);
  return Object.fromEntries([...counts].sort());
};

describe('a reference', () => {
  it('is a field of the entity, of whichever shard, in one statement for each shard and level', async () => {
    const { data, errors } = await run(
      `{ entities(type: "book", first: 60) { edges { node { id author { id name freshness { source } mentor { name mentor { name } } } } } } }`,
    );
    expect(errors).toEqual([]);
    const nodes = (data as { entities: { edges: { node: { id: string; author: { name: string } | null } }[] } })
      .entities;
    const found = nodes.edges.map(({ node }) => [node.id, node.author?.name ?? null]);
    const expected = Array.from({ length: BOOKS }, (_, n) => [
      String(1_000 + n),
      isAuthor(authorOf(n)) ? `author ${authorOf(n)}` : null,
    ]);
    expect(found).toEqual(expected);
    // The page, then the authors; their mentors are authors that have been read.
    expect(perShard()).toEqual({ s0: 2, s1: 2 });
  });

  it('is in one statement, however long the list takes to complete', async () => {
    const fields = Array.from({ length: 60 }, (_, n) => `f${n}: attributes(keys: ["name", "author"]) { key }`);
    const { errors } = await run(
      `{ entities(type: "book", first: 60) { edges { node { ${fields.join(' ')} author { name } } } } }`,
    );
    expect(errors).toEqual([]);
    expect(perShard()).toEqual({ s0: 2, s1: 2 });
  });

  it('can be read by its key, as its id alone, and as fresh as needed', async () => {
    const { data, errors } = await run(
      `{ entity(id: "1000") { reference(key: "author", freshness: { class: REALTIME }) { name }
        attribute(key: "author") { type ... on ReferenceAttribute { id } } attributes(keys: ["author"]) { key } } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      entity: {
        reference: { name: 'author 1' },
        attribute: { type: 'REFERENCE', id: '1' },
        attributes: [{ key: 'author' }],
      },
    });
    const text = await run('{ entity(id: "1000") { text(key: "author") reference(key: "name") { id } } }');
    expect(text.codes).toEqual(['ATTRIBUTE_TYPE_MISMATCH', 'ATTRIBUTE_TYPE_MISMATCH']);
    expect(text.errors[0]?.message).toContain('read it with the field reference');
  });

  it('reads as null while there is no such entity, and keeps its id when the entity is deleted', async () => {
    const book = { id: '2000', type: 'book', attributes: [{ key: 'author', reference: '77' }] };
    await upsert([book]);
    const read = async () =>
      (
        await run(
          '{ entity(id: "2000") { author { name } attribute(key: "author") { ... on ReferenceAttribute { id } } } }',
        )
      ).data;
    const none = { entity: { author: null, attribute: { id: '77' } } };
    expect(await read()).toEqual(none);
    await upsert([{ id: '77', type: 'author', attributes: [{ key: 'name', text: 'late' }] }]);
    expect(await read()).toEqual({ entity: { author: { name: 'late' }, attribute: { id: '77' } } });
    await run('mutation { deleteEntity(id: "77") { deleted } }');
    expect(await read()).toEqual(none);
    await run('mutation { deleteEntity(id: "2000") { deleted } }');
  });

  it('is an id, and nothing else', async () => {
    const set = (attribute: object) => ({ id: '2001', type: 'book', attributes: [{ key: 'author', ...attribute }] });
    expect(await upsert([set({ reference: '0' }), set({ reference: 'Ada' }), set({ text: '1' })])).toEqual([
      { status: 'FAILED', error: { message: expect.stringContaining('refers to "0"; expected the id of an entity') } },
      { status: 'FAILED', error: { message: expect.stringContaining('refers to "Ada"') } },
      { status: 'FAILED', error: { message: expect.stringContaining('expected the field reference') } },
    ]);
  });

  it('is hidden with its attribute', async () => {
    const headers = { ...HEADERS, 'x-atlas-roles': 'read' };
    const { codes } = await run('{ entity(id: "1000") { reference(key: "owner") { id } } }', {}, headers);
    expect(codes).toEqual(['ATTRIBUTE_UNKNOWN']);
    const { codes: reverse } = await run(
      '{ entity(id: "1") { referencedBy(key: "owner") { totalCount } } }',
      {},
      headers,
    );
    expect(reverse).toEqual(['ATTRIBUTE_UNKNOWN']);
  });

  it('never leaves its tenant', async () => {
    const headers = { ...HEADERS, 'x-tenant-id': '2' };
    await run(
      'mutation { defineAttribute(input: { key: "author", type: REFERENCE, exposed: true }) { definition { key } } }',
      {},
      headers,
    );
    await run(
      UPSERT,
      { input: [{ id: '1', type: 'book', attributes: [{ key: 'author', reference: '1000' }] }] },
      headers,
    );
    const { data } = await run(
      '{ entity(id: "1") { author { id } referencedBy(key: "author") { totalCount } } }',
      {},
      headers,
    );
    expect(data).toEqual({ entity: { author: null, referencedBy: { totalCount: 0 } } });
  });
});

describe('what refers to an entity', () => {
  const booksOf = (author: string) =>
    Array.from({ length: BOOKS }, (_, n) => n)
      .filter((n) => authorOf(n) === author)
      .map((n) => String(1_000 + n));

  it('comes in pages, of every shard, filtered and in any order', async () => {
    const query = `query ($after: String) { entity(id: "3") { referencedBy(key: "author", first: 2, after: $after) {
      totalCount pageInfo { hasNextPage endCursor } edges { node { id author { name } } } freshness { source } } } }`;
    const found: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { data, errors } = await run(query, { after });
      expect(errors).toEqual([]);
      const { referencedBy } = (
        data as {
          entity: {
            referencedBy: {
              totalCount: number;
              pageInfo: { hasNextPage: boolean; endCursor: string };
              edges: { node: { id: string; author: { name: string } } }[];
            };
          };
        }
      ).entity;
      expect(referencedBy.totalCount).toBe(booksOf('3').length);
      expect(new Set(referencedBy.edges.map(({ node }) => node.author.name))).toEqual(new Set(['author 3']));
      found.push(...referencedBy.edges.map(({ node }) => node.id));
      after = referencedBy.pageInfo.endCursor;
      more = referencedBy.pageInfo.hasNextPage;
    }
    expect(found).toEqual(booksOf('3'));
    const [last] = booksOf('3').slice(-1);
    const { data } = await run(
      `{ entity(id: "3") { referencedBy(key: "author", type: "book", first: 1, orderBy: [{ field: ID, direction: DESC }],
        filter: { createdAt: { gt: "2026-01-01" } }, where: { author: { eq: "3" } }) { edges { node { id } } } } }`,
    );
    expect(data).toEqual({ entity: { referencedBy: { edges: [{ node: { id: last } }] } } });
  });

  it('is read for all entities of a list in one statement for each shard, as for each by itself', async () => {
    const targets = Array.from({ length: AUTHORS + 3 }, (_, n) => String(n + 1)).filter(
      (id) => id !== String(AUTHORS + 2),
    );
    const ids = `ids: ${JSON.stringify(targets)}`;
    const { data, errors } = await run(
      `{ entitiesById(${ids}) { id referencedBy(key: "author", first: 3) { totalCount edges { node { id author { name } } } pageInfo { hasNextPage endCursor } freshness { source } } } }`,
    );
    expect(errors).toEqual([]);
    // The entities, what refers to them, and how many: its authors have been read.
    expect(perShard()).toEqual({ s0: 3, s1: 3 });
    interface Referred {
      readonly id: string;
      readonly referencedBy: {
        readonly totalCount: number;
        readonly edges: readonly {
          readonly node: { readonly id: string; readonly author: { readonly name: string } | null };
        }[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
      };
    }
    const found = (data as { entitiesById: (Referred | null)[] }).entitiesById.flatMap((one) => one ?? []);
    expect(found.map(({ id }) => id)).toEqual(targets.slice(0, AUTHORS + 1));
    for (const { id, referencedBy } of found) {
      expect(referencedBy.edges.map(({ node }) => node.id)).toEqual(booksOf(id).slice(0, 3));
      expect(referencedBy.totalCount).toBe(booksOf(id).length);
      expect(referencedBy.pageInfo.hasNextPage).toBe(booksOf(id).length > 3);
      if (referencedBy.pageInfo.endCursor === null) continue;
      const next = await run(
        `{ entity(id: "${id}") { referencedBy(key: "author", first: 50, after: "${referencedBy.pageInfo.endCursor}") { edges { node { id } } } } }`,
      );
      const rest = (next.data as { entity: Referred }).entity.referencedBy.edges.map(({ node }) => node.id);
      expect(rest).toEqual(booksOf(id).slice(3));
    }
  });

  it('is read for each by itself if it is of a type, which few of those that refer to it may have', async () => {
    const { data, errors } = await run(
      '{ entitiesById(ids: ["1", "2", "3"]) { referencedBy(key: "author", type: "book", first: 3) { totalCount edges { node { id } } } } }',
    );
    expect(errors).toEqual([]);
    const found = ['1', '2', '3'].map((id) => {
      const books = booksOf(id);
      const edges = books.slice(0, 3).map((book) => ({ node: { id: book } }));
      return { referencedBy: { totalCount: books.length, edges } };
    });
    expect(data).toEqual({ entitiesById: found });
    // The entities, and of each its page and its count.
    expect(perShard()).toEqual({ s0: 7, s1: 7 });
  });

  it('is read in several statements if they would have more rows than the largest page', async () => {
    const { errors } = await run(
      '{ entitiesById(ids: ["1", "2", "3"]) { a: referencedBy(key: "author", first: 400) { edges { node { id } } } b: referencedBy(key: "owner") { edges { node { id } } } } }',
    );
    expect(errors).toEqual([]);
    // The entities; two authors and one; and all owners.
    expect(perShard()).toEqual({ s0: 4, s1: 4 });
  });

  it('has cursors of its own entity', async () => {
    const first = await run('{ entity(id: "3") { referencedBy(key: "author", first: 1) { pageInfo { endCursor } } } }');
    const { endCursor } = (first.data as { entity: { referencedBy: { pageInfo: { endCursor: string } } } }).entity
      .referencedBy.pageInfo;
    const other = await run(
      `{ entity(id: "4") { referencedBy(key: "author", first: 1, after: "${endCursor}") { totalCount pageInfo { hasNextPage } } } }`,
    );
    expect(other.codes).toEqual(['BAD_USER_INPUT']);
  });

  it.each([
    ['editor', 'ATTRIBUTE_NOT_FILTERABLE'],
    ['name', 'ATTRIBUTE_TYPE_MISMATCH'],
    ['nothing', 'ATTRIBUTE_UNKNOWN'],
  ])('cannot be asked for by %s', async (key, code) => {
    const { codes } = await run(`{ entity(id: "1") { referencedBy(key: "${key}") { totalCount } } }`);
    expect(codes).toEqual([code]);
  });
});

describe('filters and analytics', () => {
  it('take references by their ids', async () => {
    const counts = await run(`{
      one: entities(where: { author: { eq: "3" } }) { totalCount }
      some: entities(filter: { attributes: [{ key: "author", reference: { in: ["3", "4"] } }] }) { totalCount }
      other: entities(type: "book", where: { author: { ne: "3", exists: true } }) { totalCount }
      analytics { topValues(attribute: "author", first: 1, type: "book") { values { value count } } }
    }`);
    expect(counts.errors).toEqual([]);
    const of = (id: string) => Array.from({ length: BOOKS }, (_, n) => n).filter((n) => authorOf(n) === id).length;
    expect(counts.data).toEqual({
      one: { totalCount: of('3') },
      some: { totalCount: of('3') + of('4') },
      other: { totalCount: BOOKS - of('3') },
      analytics: { topValues: { values: [{ value: '1', count: of('1') }] } },
    });
  });

  it.each([
    [
      '{ entities(filter: { attributes: [{ key: "author", reference: { eq: "x" } }] }) { totalCount } }',
      'BAD_USER_INPUT',
    ],
    [
      '{ entities(filter: { attributes: [{ key: "author", text: { eq: "1" } }] }) { totalCount } }',
      'ATTRIBUTE_TYPE_MISMATCH',
    ],
    [
      '{ entities(orderBy: [{ attribute: "author", direction: ASC }]) { totalCount edges { node { id } } } }',
      'ATTRIBUTE_TYPE_MISMATCH',
    ],
    [
      'mutation { defineAttribute(input: { key: "r", type: REFERENCE, hot: true }) { definition { key } } }',
      'ATTRIBUTE_INVALID',
    ],
    [
      'mutation { defineAttribute(input: { key: "r", type: REFERENCE, rules: { targetTypes: [] } }) { definition { key } } }',
      'ATTRIBUTE_INVALID',
    ],
    [
      'mutation { defineAttribute(input: { key: "r", type: TEXT, rules: { targetTypes: ["a"] } }) { definition { key } } }',
      'ATTRIBUTE_INVALID',
    ],
  ])('refuse %s', async (query, code) => {
    expect((await run(query)).codes).toEqual([code]);
  });
});

describe('a filter through a reference', () => {
  const named = (name: string) => ({ attributes: [{ key: 'name', text: { eq: name } }] });
  const through = (target: object) => ({ attributes: [{ key: 'author', target }] });
  const IDS =
    'query ($filter: EntityFilter!) { entities(type: "book", filter: $filter, first: 100) { totalCount freshness { source lagMs } edges { node { id } } } }';
  const idsOf = async (filter: object) => {
    const { data, errors } = await run(IDS, { filter });
    expect(errors).toEqual([]);
    const { entities } = data as { entities: { totalCount: number; edges: { node: { id: string } }[] } };
    expect(entities.totalCount).toBe(entities.edges.length);
    return entities.edges.map(({ node }) => node.id);
  };
  const books = (isFound: (book: number) => boolean) =>
    Array.from({ length: BOOKS }, (_, n) => n)
      .filter(isFound)
      .map((n) => String(1_000 + n));

  it('finds what refers to an entity that satisfies it, on whichever shards the two are', async () => {
    expect(await idsOf(through(named('author 3')))).toEqual(books((n) => authorOf(n) === '3'));
    expect(await idsOf(through(named('nobody')))).toEqual([]);
    // The target must be there, and of the attribute's type.
    expect(await idsOf(through({}))).toEqual(books((n) => isAuthor(authorOf(n))));
    expect(await idsOf(through(named('no author')))).toEqual([]);
    expect(await idsOf({ not: through({}) })).toEqual(books((n) => !isAuthor(authorOf(n))));
    const both = {
      or: [
        through(named('author 1')),
        { attributes: [{ key: 'author', reference: { in: ['2', '3'] }, target: named('author 2') }] },
      ],
    };
    expect(await idsOf(both)).toEqual(books((n) => ['1', '2'].includes(authorOf(n))));
  });

  it('is a typed filter, too, and one of analytics', async () => {
    const { data, errors } = await run(`{
      entities(type: "book", where: { author: { target: { name: { in: ["author 1", "author 2"] } } } }) { totalCount }
      analytics {
        count(where: { author: { target: { id: { eq: "3" } } } }) { count freshness { source } }
        facets(attributes: ["author"], where: { author: { target: { id: { eq: "3" } } }, name: { startsWith: "book" } }, first: 1) { facets { distinct } }
      }
      search(text: "book", where: { author: { target: { id: { eq: "3" } } } }, first: 1) { edges { node { author { id } } } freshness { source } }
    }`);
    expect(errors).toEqual([]);
    const of = (...ids: string[]) => books((n) => ids.includes(authorOf(n))).length;
    expect(data).toMatchObject({
      entities: { totalCount: of('1', '2') },
      analytics: { count: { count: of('3') }, facets: { facets: [{ distinct: AUTHORS + 2 }] } },
      search: { edges: [{ node: { author: { id: '3' } } }] },
    });
  });

  it('takes one read more for each condition, and keeps cursors while its targets change', async () => {
    const query = `query ($after: String) { entities(type: "book", first: 2, after: $after, where: { author: { target: { name: { eq: "moving" } } } }) {
      pageInfo { endCursor } edges { node { id } } } }`;
    const page = async (after: string | null) => {
      const { data, errors } = await run(query, { after });
      expect(errors).toEqual([]);
      return (data as { entities: { pageInfo: { endCursor: string }; edges: { node: { id: string } }[] } }).entities;
    };
    const rename = (id: string, text: string) => upsert([{ id, type: 'author', attributes: [{ key: 'name', text }] }]);
    await rename('5', 'moving');
    stack.statements.length = 0;
    const first = await page(null);
    expect(perShard()).toEqual({ s0: 2, s1: 2 });
    await rename('6', 'moving');
    const next = await page(first.pageInfo.endCursor);
    const last = Number(first.edges.at(-1)?.node.id) - 1_000;
    expect(next.edges.map(({ node }) => node.id)).toEqual(
      books((n) => n > last && ['5', '6'].includes(authorOf(n))).slice(0, 2),
    );
    await rename('5', 'author 5');
    await rename('6', 'author 6');
  });

  it.each([
    ['a target of a target', through(through({})), 'BAD_USER_INPUT', 'follows one reference'],
    ['another type', { attributes: [{ key: 'name', target: {} }] }, 'ATTRIBUTE_TYPE_MISMATCH', 'requires a REFERENCE'],
    [
      'one that is not filterable',
      { attributes: [{ key: 'editor', target: {} }] },
      'ATTRIBUTE_NOT_FILTERABLE',
      'editor',
    ],
    ['too many', { or: Array(6).fill(through({})) }, 'LIMIT_EXCEEDED', 'the limit is 5'],
  ])('refuses %s', async (_what, filter, code, message) => {
    const { codes, errors } = await run(IDS, { filter });
    expect(codes).toEqual([code]);
    expect(errors[0]?.message).toContain(message);
  });

  it('refuses more targets than a list may have, instead of leaving some out', async () => {
    const many = Array.from({ length: 101 }, (_, n) => ({
      id: String(10_000 + n),
      type: 'author',
      attributes: [{ key: 'name', text: 'one of many' }],
    }));
    await upsert(many.slice(0, 100));
    expect(await idsOf(through(named('one of many')))).toEqual([]);
    await upsert(many.slice(100));
    const { codes, errors } = await run(IDS, { filter: through(named('one of many')) });
    expect(codes).toEqual(['LIMIT_EXCEEDED']);
    expect(errors[0]?.message).toContain('More than 100 entities satisfy the target of "author"');
  });
});
