import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Deployment, healthy, type RunningAtlas } from '../deployment/support/deployment.ts';
import { type GraphQLAnswer, postGraphQL } from '../support/atlas-process.ts';
import { lockEntities } from '../support/lock-entities.ts';
import { postgresQuery } from '../support/postgres-query.ts';
import { ServerWatch } from './support/server-watch.ts';

/** No turn of the event loop takes longer, in milliseconds of CPU time. */
const LONGEST_TURN_MS = 100;
const LONGEST_LIVE_MS = 500;
const SHORT_TIMEOUT_MS = 2_000;

const UPSERT =
  'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status error { code } } } }';
const DEFINE = 'mutation ($input: DefineAttributeInput!) { defineAttribute(input: $input) { definition { key } } }';
const REFERENCED = (fields: string) =>
  `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Entity { ${fields} } } }`;
const BY_ID = (fields: string) => `query ($ids: [ID!]!) { entitiesById(ids: $ids) { ${fields} } }`;

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1);
const each = (count: number, text: (n: number) => string) => numbers(count).map(text).join(' ');
const ids = (count: number) => numbers(count).map(String);
const references = (count: number) => ids(count).map((id) => ({ __typename: 'Entity', id }));
const codes = ({ errors }: GraphQLAnswer<unknown>) => [...new Set(errors.map(({ extensions }) => extensions.code))];

describe('a server under attack', () => {
  const watch = new ServerWatch();
  let deployment: Deployment;
  let server: RunningAtlas;
  /** Another one, which gives requests little time. */
  let impatient: RunningAtlas;
  let authorization: string;

  beforeAll(async () => {
    deployment = await Deployment.start(7);
    await deployment.run('migrate');
    server = await deployment.start('serve', {
      ...watch.environment,
      ATLAS_IMPLICIT_ATTRIBUTES: 'true',
      ATLAS_SHUTDOWN_GRACE_MS: '1500',
    });
    impatient = await deployment.start('serve', { ATLAS_REQUEST_TIMEOUT_MS: String(SHORT_TIMEOUT_MS) });
    authorization = await deployment.bearer({ tenant: 7 });
    await healthy(server.url, 'ready');
    const small = numbers(1_000).map((n) => ({
      id: String(n),
      type: 'user',
      attributes: [
        { key: 'score', number: n },
        { key: 'tag', text: `t${n}` },
      ],
    }));
    const wide = (id: string) => ({
      id,
      type: 'wide',
      attributes: numbers(2_000).map((n) => ({ key: `wide_${n}`, number: n })),
    });
    expect((await ask(DEFINE, { input: { key: 'doc', type: 'JSON' } })).errors).toEqual([]);
    expect((await ask(DEFINE, { input: { key: 'long', type: 'TEXT', filterable: false } })).errors).toEqual([]);
    const long = { id: '3000', type: 'long', attributes: [{ key: 'long', text: '\n'.repeat(500_000) }] };
    for (const input of [small, [long], [wide('2001')], ids(11).map((n) => wide(String(2_001 + Number(n))))]) {
      expect((await ask(UPSERT, { input })).errors).toEqual([]);
    }
  }, 60_000);
  afterAll(async () => {
    await deployment?.stop();
    watch.end();
  });

  const ask = (query: string, variables: object = {}): Promise<GraphQLAnswer<unknown>> =>
    postGraphQL(server.url, query, variables, { authorization });

  /** `expected` are the codes of the errors. An attack that runs out of time on a slow machine has been stopped as well. */
  const attacks: readonly [name: string, query: string, variables: () => object, expected: readonly string[]][] = [
    [
      '99 aliases of 10,000 representations',
      `query ($r: [_Any!]!) { ${each(99, (n) => `a${n}: _entities(representations: $r) { ... on Entity { id } }`)} }`,
      () => ({ r: references(10_000) }),
      ['LIMIT_EXCEEDED'],
    ],
    [
      '10,000 representations at the limit of cost',
      REFERENCED('id type score: number(key: "score")'),
      () => ({ r: references(10_000) }),
      [],
    ],
    [
      '40,000 unknown keys',
      BY_ID(each(40, (n) => `f${n}: text(key: "unknown_${n}")`)),
      () => ({ ids: ids(1_000) }),
      ['ATTRIBUTE_UNKNOWN'],
    ],
    [
      'a text of 1 MB, 2,000 times',
      REFERENCED(each(20, (n) => `f${n}: text(key: "long")`)),
      () => ({ r: numbers(100).map(() => ({ __typename: 'Entity', id: '3000' })) }),
      ['LIMIT_EXCEEDED'],
    ],
    [
      '20,000 unknown members of a filter',
      'query ($filter: EntityFilter) { entities(filter: $filter) { totalCount } }',
      () => ({ filter: Object.fromEntries(numbers(20_000).map((n) => [`unknown_${n}`.padEnd(100, '_'), {}])) }),
      ['BAD_USER_INPUT'],
    ],
    ['entities with 2,000 attributes', BY_ID('attributes { key }'), () => ({ ids: ids(2_012).slice(-12) }), []],
    [
      'entities with 2,000 attributes, at the limit of cost',
      BY_ID('attributes { key ... on NumberAttribute { number } }'),
      () => ({ ids: ids(2_012).slice(-12) }),
      ['LIMIT_EXCEEDED'],
    ],
    [
      '100 rows of 1,000 new keys',
      UPSERT,
      () => ({
        input: numbers(100).map((row) => ({
          type: 'a',
          attributes: numbers(1_000).map((n) => ({ key: `new_${row}_${n}`, number: n })),
        })),
      }),
      ['LIMIT_EXCEEDED'],
    ],
    [
      '24 rows of 1,000 new keys',
      UPSERT,
      () => ({
        input: numbers(24).map((row) => ({
          type: 'a',
          attributes: numbers(1_000).map((n) => ({ key: `new_${row}_${n}`, number: n })),
        })),
      }),
      [],
    ],
    [
      'a body of 4 MB in small objects',
      '{ __typename }',
      () => ({ unused: numbers(290_000).map(() => ({ a: {} })) }),
      [],
    ],
    [
      'a JSON value of 3.5 MB to compare with',
      'query ($x: JSON) { entities(filter: { attributes: [{ key: "doc", json: { eq: $x } }] }) { edges { node { id } } } }',
      () => ({ x: numbers(520_000) }),
      [],
    ],
    [
      '49 filters of 1,000 ids',
      'query ($filter: EntityFilter) { entities(filter: $filter) { totalCount } }',
      () => ({ filter: { or: numbers(49).map(() => ({ ids: ids(1_000) })) } }),
      [],
    ],
    [
      'a deep filter',
      'query ($filter: EntityFilter) { entities(filter: $filter) { totalCount } }',
      () => ({ filter: numbers(98).reduce<object>((filter) => ({ not: filter }), { ids: ['1'] }) }),
      [],
    ],
    [
      'the largest introspection',
      `{ ${each(4, (n) => `a${n}: __schema { types { name fields { name args { name type { name } } } } }`)} }`,
      () => ({}),
      [],
    ],
    [
      'fragments that spread each other again and again',
      `{ entities { ...F1 } } ${each(99, (n) => `fragment F${n} on EntityConnection { ...F${n + 1} ...F${n + 1} }`)} fragment F100 on EntityConnection { totalCount }`,
      () => ({}),
      [],
    ],
    [
      'fragments that spread each other again and again, in a long list',
      `query ($ids: [ID!]!) { entitiesById(ids: $ids) { ...F1 } } ${each(99, (n) => `fragment F${n} on Entity { ...F${n + 1} ...F${n + 1} }`)} fragment F100 on Entity { id type version }`,
      () => ({ ids: ids(1_000) }),
      [],
    ],
    [
      'fragments that spread each other, with fields for each type of an attribute',
      `{ ${each(90, (n) => `a${n}: entity(id: 1) { ...F11 }`)} }
       ${each(11, (n) => `fragment F${n} on Entity { attribute(key: "x") { ...L } reference(key: "x") { ${n > 1 ? `...F${n - 1}` : 'id'} } ${n > 3 ? `referencedBy(key: "x", first: 1) { edges { node { ...F${n - 3} } } }` : ''} }`)}
       fragment L on Attribute { ${each(220, (n) => `t${n}: __typename`)} }`,
      () => ({}),
      ['LIMIT_EXCEEDED'],
    ],
    [
      '400 names of its type for each of 1,000 entities',
      BY_ID(each(400, (n) => `t${n}: __typename`)),
      () => ({ ids: ids(1_000) }),
      ['LIMIT_EXCEEDED'],
    ],
    [
      '400 names of its type for each field of each type',
      `{ __schema { types { fields { ${each(400, (n) => `t${n}: __typename`)} } } } }`,
      () => ({}),
      ['LIMIT_EXCEEDED'],
    ],
    ['fields that validation compares', `{ ${each(249, () => 'entity(id: 1) { id }')} }`, () => ({}), []],
    [
      'a distribution of 1,000 groups and 10,000 buckets',
      '{ analytics { distribution(attribute: "score", groupBy: "tag", buckets: 10000) { groups { value buckets { bucket count } } } } }',
      () => ({}),
      [],
    ],
    ['an SDL that is asked for 20 times', `{ _service { ${each(20, (n) => `a${n}: sdl`)} } }`, () => ({}), []],
  ];

  it.each(attacks)('blocks nobody: %s', async (_name, query, variables, expected) => {
    const { result, longestTurnMs, slowestLiveMs } = await watch.during(server, () => ask(query, variables()));
    expect([expected, ['TIMEOUT']]).toContainEqual(codes(result));
    expect(longestTurnMs).toBeLessThan(LONGEST_TURN_MS);
    expect(slowestLiveMs).toBeLessThan(LONGEST_LIVE_MS);
  });

  /** They are read before anybody knows who sends them. */
  it.each([
    ['lists in lists', () => '['.repeat(4_000_000), 'LIMIT_EXCEEDED'],
    ['330,000 names', () => `{${numbers(330_000).map((n) => `"${n.toString(36)}":0`)}}`, 'LIMIT_EXCEEDED'],
    [
      '50,000 names',
      () => `{${numbers(49_000).map((n) => `"${n.toString(36).padEnd(70, '_')}":0`)}}`,
      'UNAUTHENTICATED',
    ],
    ['numbers', () => `[${numbers(600_000)}]`, 'UNAUTHENTICATED'],
  ])('blocks nobody with a body of 4 MB of %s, without a token', async (_name, body, code) => {
    const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: body() };
    const { result, longestTurnMs, slowestLiveMs } = await watch.during(server, async () =>
      (await fetch(`${server.url}/graphql`, request)).json(),
    );
    expect(result).toMatchObject({ errors: [{ extensions: { code } }] });
    expect(longestTurnMs).toBeLessThan(LONGEST_TURN_MS);
    expect(slowestLiveMs).toBeLessThan(LONGEST_LIVE_MS);
  });

  it('refuses a value of 900 KB for the largest rule, and blocks nobody', async () => {
    // The rule and the value that once took more than six minutes, as large as a rule may be.
    const schema = { contains: { anyOf: numbers(148).map((n) => ({ required: [`k${n}`] })) } };
    const input = [{ type: 'a', attributes: [{ key: 'ruled', json: numbers(150_000) }] }];
    const { result, longestTurnMs, slowestLiveMs } = await watch.during(server, async () => {
      expect((await ask(DEFINE, { input: { key: 'ruled', type: 'JSON', rules: { schema } } })).errors).toEqual([]);
      return ask(UPSERT, { input });
    });
    expect(result.data).toEqual({
      upsertEntities: { results: [{ status: 'FAILED', error: { code: 'LIMIT_EXCEEDED' } }] },
    });
    expect(longestTurnMs).toBeLessThan(LONGEST_TURN_MS);
    expect(slowestLiveMs).toBeLessThan(LONGEST_LIVE_MS);
  });

  it('makes nobody wait for forged tokens', async () => {
    const query =
      '{ entity(id: 1, freshness: { after: "v1.eyJmb3JnZWQiOnRydWV9.c2lnbmF0dXJl", maxWaitMs: 30000 }) { id } }';
    const { result, slowestLiveMs } = await watch.during(server, () => Promise.all(numbers(10).map(() => ask(query))));
    expect(result.map(codes)).toEqual(numbers(10).map(() => ['BAD_FRESHNESS']));
    expect(slowestLiveMs).toBeLessThan(LONGEST_LIVE_MS);
  });

  it('serves nothing but one SDL without a token', async () => {
    const anonymous = (query: string) => postGraphQL<unknown>(server.url, query);
    expect((await anonymous('{ _service { sdl } }')).errors).toEqual([]);
    for (const query of ['{ _service { a0: sdl a1: sdl } }', '{ a: _service { sdl } b: _service { sdl } }']) {
      expect(await anonymous(query)).toMatchObject({ status: 401, data: null });
    }
  });

  /** Statements that wait for the lock. */
  const running = async () => {
    const text =
      "SELECT query FROM pg_stat_activity WHERE application_name <> 'atlas-lock' AND wait_event_type = 'Lock'";
    const clusters = [...deployment.stores.clusters.values()];
    return (await Promise.all(clusters.map(({ endpoints }) => postgresQuery(endpoints.primary, text)))).flat();
  };
  const lock = () => lockEntities([...deployment.stores.clusters.values()].map(({ endpoints }) => endpoints));
  const slow = ({ url }: RunningAtlas) => {
    const input = ids(20).map((id) => ({ id, type: 'user', attributes: [{ key: 'score', number: 0 }] }));
    return postGraphQL(url, UPSERT, { input }, { authorization });
  };

  it('closes a connection whose request never arrives as a whole', async () => {
    const { hostname, port } = new URL(impatient.url);
    const client = connect(Number(port), hostname);
    const head = `POST /graphql HTTP/1.1\r\nhost: atlas\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`;
    client.write(head);
    const trickle = setInterval(() => client.write(' '), 200);
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.on('error', () => {});
    client.resume();
    const startedAt = performance.now();
    await closed;
    clearInterval(trickle);
    expect(performance.now() - startedAt).toBeLessThan(10 * SHORT_TIMEOUT_MS);
  });

  it('answers a POST when its time is up, and leaves nothing running', async () => {
    await lock();
    const answer = slow(impatient);
    await vi.waitFor(async () => expect(await running()).not.toEqual([]), { timeout: 10_000 });
    expect(await answer).toMatchObject({ status: 504, errors: [{ extensions: { code: 'TIMEOUT' } }] });
    await vi.waitFor(async () => expect(await running()).toEqual([]), { timeout: 10_000 });
  });

  it('stops within its grace, whatever runs', async () => {
    await lock();
    const waiting = slow(server);
    await vi.waitFor(async () => expect(await running()).not.toEqual([]), { timeout: 10_000 });
    const [, query, variables] = attacks[1] ?? ['', '', () => ({})];
    const working = numbers(4).map(() => ask(query, variables()).catch(() => null));
    const startedAt = performance.now();
    server.atlas.signal('SIGTERM');
    expect(await server.atlas.exit()).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect((await waiting).status).toBe(503);
    await Promise.all(working);
    await vi.waitFor(async () => expect(await running()).toEqual([]), { timeout: 10_000 });
  });
});
