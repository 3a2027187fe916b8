import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeToken } from '../../src/freshness/consistency-token.ts';
import { ask } from '../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../graphql/support/graphql-stack.ts';

let stack: GraphQLStack;

/** Users 1 to 25: `score` is the id modulo 5 and missing if that is 4; every third is `active`. */
const users = Array.from({ length: 25 }, (_, index) => {
  const id = index + 1;
  const score = id % 5 === 4 ? [] : [{ key: 'score', number: id % 5 }];
  return {
    id: String(id),
    type: 'user',
    attributes: [{ key: 'name', text: `user ${id}` }, { key: 'active', boolean: id % 3 === 0 }, ...score],
  };
});

const WRITE = 'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status } } }';

beforeAll(async () => {
  stack = await startGraphQLStack();
  for (const key of ['name', 'score', 'active']) {
    const type = { name: 'TEXT', score: 'NUMBER', active: 'BOOLEAN' }[key];
    const hot = key === 'score';
    await ask(
      stack.handler,
      `mutation { defineAttribute(input: {key: "${key}", type: ${type}, exposed: true, hot: ${hot}}) { consistencyToken } }`,
    );
  }
  await ask(stack.handler, WRITE, { variables: { input: users } });
  const film = {
    id: '900',
    type: 'film',
    attributes: [
      { key: 'name', text: 'a film' },
      { key: 'note', text: 'kept' },
    ],
  };
  await ask(stack.handler, WRITE, { variables: { input: [film] } });
  const theirs = { id: '1', type: 'user', attributes: [{ key: 'name', text: 'of tenant 2' }] };
  await ask(stack.handler, WRITE, { variables: { input: [theirs] }, headers: { 'x-tenant-id': '2' } });
});
afterAll(() => stack?.stop());
beforeEach(() => {
  stack.statements.length = 0;
});

const perShard = () => {
  const counts = new Map<string, number>();
  for (const { shard } of stack.statements) counts.set(shard, (counts.get(shard) ?? 0) + 1);
  return Object.fromEntries(counts);
};

describe('entity', () => {
  it('comes with any attributes in one round trip', async () => {
    const { data, errors } = await ask(
      stack.handler,
      `{ entity(id: 3) { id type name score active text(key: "name") number(key: "score") boolean(key: "active")
        attribute(key: "name") { key type updatedAt ... on TextAttribute { text } } attributes(keys: ["score", "name"]) { key }
        freshness { source shard lagMs servedClass fellBack } } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      entity: {
        id: '3',
        type: 'user',
        name: 'user 3',
        score: 3,
        active: true,
        text: 'user 3',
        number: 3,
        boolean: true,
        attribute: { key: 'name', type: 'TEXT', text: 'user 3' },
        attributes: [{ key: 'score' }, { key: 'name' }],
        freshness: { source: 'PRIMARY', lagMs: 0, servedClass: 'REALTIME', fellBack: true },
      },
    });
    expect(stack.statements).toHaveLength(1);
  });

  it('is null if there is none, even if another tenant has one', async () => {
    expect((await ask(stack.handler, '{ entity(id: 999999) { id } }')).data).toEqual({ entity: null });
    const headers = { 'x-tenant-id': '2' };
    expect((await ask(stack.handler, '{ entity(id: 2) { id } }', { headers })).data).toEqual({ entity: null });
    const { data } = await ask(stack.handler, '{ entity(id: 1) { text(key: "name") } }', { headers });
    expect(data).toEqual({ entity: { text: 'of tenant 2' } });
  });

  it('has null for an attribute that it lacks, in every form', async () => {
    const query =
      '{ entity(id: 4) { score number(key: "score") attribute(key: "score") { key } attributes(keys: ["score"]) { key } } }';
    const { data } = await ask(stack.handler, query);
    expect(data).toEqual({ entity: { score: null, number: null, attribute: null, attributes: [] } });
  });

  it.each([
    ['an unknown attribute', 'text(key: "nmae")', 'ATTRIBUTE_UNKNOWN', 'did you mean "name"?'],
    ['an unknown attribute among several', 'attributes(keys: ["name", "nope"]) { key }', 'ATTRIBUTE_UNKNOWN', 'nope'],
    [
      'an attribute of another type',
      'number(key: "name")',
      'ATTRIBUTE_TYPE_MISMATCH',
      'read it with the field text, not number',
    ],
  ])('refuses %s', async (_case, field, code, message) => {
    const { errors } = await ask(stack.handler, `{ entity(id: 1) { ${field} } }`);
    expect(errors).toMatchObject([{ message: expect.stringContaining(message), extensions: { code } }]);
  });

  it('is not read again for a field whose requirement it already meets', async () => {
    const { data } = await ask(
      stack.handler,
      '{ entity(id: 3) { text(key: "name", freshness: {class: REALTIME}) score @freshness(maxLagMs: 0) } }',
    );
    expect(data).toEqual({ entity: { text: 'user 3', score: 3 } });
    expect(stack.statements).toHaveLength(1);
  });
});

describe('many entities', () => {
  it('are one statement per shard, whatever is selected of them', async () => {
    const ids = users.map(({ id }) => id);
    const aliases = Array.from({ length: 10 }, (_, n) => `a${n}: text(key: "name") `).join('');
    const { data, errors } = await ask(
      stack.handler,
      `query ($ids: [ID!]!, $representations: [_Any!]!) {
        entitiesById(ids: $ids) { id name score attributes { key } ${aliases} }
        entity(id: 3) { active }
        _entities(representations: $representations) { ... on Entity { id updatedAt number(key: "score") } }
      }`,
      { variables: { ids, representations: ids.map((id) => ({ __typename: 'Entity', id })) } },
    );
    expect(errors).toEqual([]);
    expect((data as { entitiesById: { id: string }[] }).entitiesById.map(({ id }) => id)).toEqual(ids);
    expect(perShard()).toEqual({ s0: 1, s1: 1 });
  });

  it('keep the order of the ids, with null if there is none', async () => {
    const { data } = await ask(stack.handler, '{ entitiesById(ids: [5, 77, 2, 5]) { id } }');
    expect(data).toEqual({ entitiesById: [{ id: '5' }, null, { id: '2' }, { id: '5' }] });
  });

  it('report how fresh they are in extensions and headers', async () => {
    const { extensions, headers } = await ask(stack.handler, '{ entitiesById(ids: [1, 2, 3, 4, 5, 6, 7, 8]) { id } }');
    const { reads, token, ...rest } = extensions.freshness as {
      reads: { shard: string; entities: number }[];
      token: string;
    };
    expect(headers.get('x-consistency-token')).toBe(token);
    expect([...decodeToken(token, stack.tokenScope).positions.keys()].sort()).toEqual(['s0', 's1']);
    expect(rest).toEqual({ servedClass: 'REALTIME', maxLagMs: 0, health: 'HEALTHY' });
    expect(reads.map(({ shard }) => shard).sort()).toEqual(['s0', 's1']);
    expect(reads.reduce((sum, { entities }) => sum + entities, 0)).toBe(8);
    expect(reads[0]).toMatchObject({
      source: 'PRIMARY',
      requested: { class: 'INTERACTIVE', maxLagMs: 1000, fallback: 'PRIMARY' },
      stale: false,
    });
    expect(headers.get('x-data-source')).toBe('primary');
    expect(headers.get('x-data-freshness')).toBe('realtime');
    expect(headers.get('x-actual-lag-ms')).toBe('0');
    expect(headers.get('x-replication-health')).toBe('healthy');
  });

  it('are as fresh as argument, field, operation and headers require, strongest first', async () => {
    const requested = async (query: string, headers: Record<string, string> = {}) => {
      const { extensions } = await ask(stack.handler, query, { headers });
      const { reads } = extensions.freshness as { reads: { requested: { class: string; maxLagMs: number } }[] };
      return reads.map(({ requested: { class: asked, maxLagMs } }) => `${asked} ${maxLagMs}`).join();
    };
    const headers = { 'x-freshness-requirement': 'batch', 'x-max-acceptable-lag-ms': '700000' };
    expect(await requested('{ entity(id: 1) { id } }')).toBe('INTERACTIVE 1000');
    expect(await requested('{ entity(id: 1) { id } }', headers)).toBe('BATCH 700000');
    const operation = 'query @freshness(class: OPERATIONAL) { entity(id: 1) { id } }';
    expect(await requested(operation, headers)).toBe('OPERATIONAL 30000');
    const field =
      'query @freshness(class: OPERATIONAL) { entity(id: 1) @freshness(class: ANALYTICAL, maxLagMs: 5) { id } }';
    expect(await requested(field, headers)).toBe('ANALYTICAL 5');
    const argument = '{ entity(id: 1, freshness: {class: REALTIME}) @freshness(class: BATCH) { id } }';
    expect(await requested(argument, headers)).toBe('REALTIME 100');
  });
});

interface Page {
  edges: { cursor: string; node: { id: string } }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
  totalCount?: number;
}

async function page(args: string, selection = ''): Promise<Page & { ids: string[] }> {
  const { data, errors } = await ask(
    stack.handler,
    `{ entities(${args}) { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } ${selection} } }`,
  );
  expect(errors).toEqual([]);
  const { entities } = data as { entities: Page };
  return { ...entities, ids: entities.edges.map(({ node }) => node.id) };
}

describe('entities', () => {
  it('are filtered and ordered, those without a value last', async () => {
    const filter = 'filter: {attributes: [{key: "active", boolean: {eq: true}}]}';
    const { ids, totalCount } = await page(
      `type: "user", ${filter}, orderBy: [{attribute: "score", direction: DESC}]`,
      'totalCount',
    );
    expect(ids).toEqual(['3', '18', '12', '6', '21', '15', '9', '24']);
    expect(totalCount).toBe(8);
  });

  it('are counted without reading a page if nothing else is selected, with a hint if there is no such type', async () => {
    const { data } = await ask(stack.handler, '{ entities(type: "user") { __typename totalCount } }');
    expect(data).toEqual({ entities: { __typename: 'EntityConnection', totalCount: 25 } });
    expect(perShard()).toEqual({ s0: 1, s1: 1 });
    for (const { text } of stack.statements) expect(text).not.toContain('LIMIT');
    const { data: none, extensions } = await ask(stack.handler, '{ entities(type: "usre") { totalCount } }');
    expect(none).toEqual({ entities: { totalCount: 0 } });
    expect(extensions.hints).toMatchObject([{ code: 'TYPE_UNKNOWN' }]);
  });

  it('are the same whole, paged forward or backward', async () => {
    const question = 'type: "user", orderBy: [{attribute: "score", direction: ASC}]';
    const all = (await page(`${question}, first: 100`)).ids;
    expect(all).toHaveLength(25);
    const forward: string[] = [];
    let window = await page(`${question}, first: 7`);
    expect(window.pageInfo.hasPreviousPage).toBe(false);
    for (;;) {
      forward.push(...window.ids);
      if (!window.pageInfo.hasNextPage) break;
      window = await page(`${question}, first: 7, after: "${window.pageInfo.endCursor}"`);
      expect(window.pageInfo.hasPreviousPage).toBe(true);
    }
    expect(forward).toEqual(all);
    const backward: string[] = [];
    window = await page(`${question}, last: 7`);
    expect(window.pageInfo.hasNextPage).toBe(false);
    for (;;) {
      backward.unshift(...window.ids);
      if (!window.pageInfo.hasPreviousPage) break;
      window = await page(`${question}, last: 7, before: "${window.pageInfo.startCursor}"`);
      expect(window.pageInfo.hasNextPage).toBe(true);
    }
    expect(backward).toEqual(all);
  });

  it('know what surrounds an empty page', async () => {
    const { pageInfo } = await page('type: "user", last: 1');
    const beyond = await page(`type: "user", after: "${pageInfo.endCursor}"`);
    expect(beyond).toMatchObject({ ids: [], pageInfo: { hasNextPage: false, hasPreviousPage: true, endCursor: null } });
    expect(await page('type: "user", first: 0')).toMatchObject({ ids: [], pageInfo: { hasNextPage: true } });
    expect(await page('type: "nothing"')).toMatchObject({
      ids: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false },
    });
  });

  it('are counted and looked behind only if that is selected', async () => {
    await ask(
      stack.handler,
      '{ entities(type: "user", first: 2) { edges { node { name } } pageInfo { hasNextPage } } }',
    );
    expect(perShard()).toEqual({ s0: 1, s1: 1 });
    stack.statements.length = 0;
    await ask(stack.handler, '{ entities(type: "user", first: 2) { a: totalCount b: totalCount edges { cursor } } }');
    expect(perShard()).toEqual({ s0: 2, s1: 2 });
  });

  it('are not read again if one of them is selected by id', async () => {
    const { data } = await ask(
      stack.handler,
      '{ entities(filter: {ids: [3, 4]}) { edges { node { id freshness { shard } } } freshness { shard source } } }',
    );
    expect(data).toMatchObject({ entities: { edges: [{ node: { id: '3' } }, { node: { id: '4' } }] } });
    expect(perShard()).toEqual({ s0: 1, s1: 1 });
  });

  it('refuse a cursor of another query', async () => {
    const { pageInfo } = await page('type: "user", first: 2');
    for (const question of ['type: "film"', 'type: "user", orderBy: [{field: ID, direction: DESC}]', 'first: 2']) {
      const { codes, errors } = await ask(
        stack.handler,
        `{ entities(${question}, after: "${pageInfo.endCursor}") { edges { cursor } } }`,
      );
      expect(codes).toEqual(['BAD_USER_INPUT']);
      expect(errors[0]?.message).toContain('another query');
    }
    const stranger = await ask(
      stack.handler,
      `{ entities(type: "user", first: 2, after: "${pageInfo.endCursor}") { edges { cursor } } }`,
      {
        headers: { 'x-tenant-id': '2' },
      },
    );
    expect(stranger.codes).toEqual(['BAD_USER_INPUT']);
  });

  it('distinguish first set by a variable from its default', async () => {
    const query =
      'query ($first: Int, $last: Int) { entities(type: "user", first: $first, last: $last) { edges { node { id } } } }';
    const both = await ask(stack.handler, query, { variables: { first: 1, last: 1 } });
    expect(both.codes).toEqual(['BAD_USER_INPUT']);
    const onlyLast = await ask(stack.handler, query, { variables: { last: 1 } });
    expect(onlyLast.data).toEqual({ entities: { edges: [{ node: { id: '25' } }] } });
  });
});

describe('replication', () => {
  it('reports the state of every shard', async () => {
    const { data } = await ask(
      stack.handler,
      '{ replication { health timestamp shards { shard sources { source health lagMs } changeStream { health lagMessages lagBytes } } } }',
    );
    expect(data).toMatchObject({
      replication: {
        health: 'HEALTHY',
        shards: [
          {
            shard: 's0',
            sources: [
              { source: 'PRIMARY', health: 'HEALTHY', lagMs: 0 },
              { source: 'CLICKHOUSE', health: 'HEALTHY', lagMs: 380 },
            ],
            changeStream: { health: 'HEALTHY', lagMessages: 0, lagBytes: 0 },
          },
          { shard: 's1' },
        ],
      },
    });
  });
});

describe('a request that asks to have its reads explained', () => {
  const query =
    '{ entity(id: 3) { name } entities(type: "user", filter: { attributes: [{ key: "score", number: { gt: 2 } }] }) { totalCount edges { cursor } } }';
  const as = (roles: string) => ({
    headers: { 'x-tenant-id': '1', 'x-atlas-roles': roles, 'x-atlas-explain': 'true' },
  });
  interface Explained {
    readonly question: string;
    readonly statement: string;
    readonly plan: readonly string[];
  }

  it('is told routes, statements and plans, beside the same answer', async () => {
    const plain = await ask(stack.handler, query, { headers: { 'x-tenant-id': '1' } });
    expect(plain.extensions).not.toHaveProperty('explain');
    const { data, errors, extensions } = await ask(stack.handler, query, as('read analytics operate'));
    expect([data, errors]).toEqual([plain.data, []]);
    const { reads } = extensions.explain as { reads: Explained[] };
    const names = reads.map(({ question }) => question).sort();
    expect(names).toEqual(['count', 'count', 'entitiesById', 'entityPage', 'entityPage']);
    for (const read of reads) {
      expect(read).toMatchObject({
        ...{ source: 'PRIMARY', shard: expect.stringMatching(/^s[01]$/), requestedClass: 'INTERACTIVE' },
        ...{ reason: 'NO_REPLICA', lagMs: 0, ms: expect.any(Number) },
      });
      expect(read.statement).toMatch(/FROM atlas\.entity .*tenant_id = \$1/s);
      expect(read.statement).not.toMatch(/user 3/);
      expect(read.plan.join('\n')).toMatch(/Index (Only )?Scan using entity_p\d/);
    }
  });

  it('needs the role operate', async () => {
    const { status, codes, errors } = await ask(stack.handler, query, as('read analytics'));
    expect([status, codes, errors[0]?.message]).toEqual([
      403,
      ['FORBIDDEN'],
      'The header x-atlas-explain requires the role operate.',
    ]);
  });
});
