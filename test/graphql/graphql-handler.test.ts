import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ENTITY_FIELDS } from '../../src/domain/catalog/exposed-field.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import { attribute, entity } from '../support/domain.ts';
import { readFreshness } from '../support/requirement.ts';
import { ask, send } from './support/ask.ts';
import { CatalogInMemory } from './support/catalog-in-memory.ts';
import { protocolHandler } from './support/protocol-handler.ts';

const FIELDS_OF_ENTITY = '{ __type(name: "Entity") { fields { name } } }';

function fieldNames(data: unknown): string[] {
  const { __type } = data as { __type: { fields: { name: string }[] } };
  return __type.fields.map(({ name }) => name);
}

describe('a request without a tenant', () => {
  const handler = protocolHandler({ defaultTenant: null, environment: { ATLAS_TRUST_TENANT_HEADER: 'true' } });

  it('is refused, introspection included', async () => {
    for (const query of [
      '{ entity(id: 1) { id } }',
      FIELDS_OF_ENTITY,
      '{ _service { sdl } entity(id: 1) { id } }',
      '{ _service { a0: sdl a1: sdl } }',
      '{ a: _service { sdl } b: _service { sdl } }',
      '{ __typename _service { sdl } }',
      '{',
    ]) {
      const { status, codes, data } = await ask(handler, query);
      expect([status, codes, data]).toEqual([400, ['TENANT_REQUIRED'], null]);
    }
  });

  it('may read the SDL, which is the same for all, and nothing beside it', async () => {
    const { status, data } = await ask(handler, 'query Sdl { _service { sdl } }');
    expect(status).toBe(200);
    expect(data).toMatchObject({ _service: { sdl: expect.stringContaining('type Entity') } });
  });

  it('is that of the default tenant if the server has one', async () => {
    const { status, data } = await ask(protocolHandler(), '{ __typename }');
    expect([status, data]).toEqual([200, { __typename: 'Query' }]);
  });
});

describe('a bad token', () => {
  it('is 401 UNAUTHENTICATED, also if a default tenant exists', async () => {
    const environment = { ATLAS_JWT_SECRET: 'a secret that is long enough for HS256' };
    const answer = await ask(protocolHandler({ environment }), '{ __typename }', {
      headers: { authorization: 'Bearer nonsense' },
    });
    expect([answer.status, answer.codes]).toEqual([401, ['UNAUTHENTICATED']]);
  });
});

describe('a freshness header', () => {
  it.each([
    ['x-freshness-requirement', 'fresh'],
    ['x-max-acceptable-lag-ms', 'soon'],
    ['x-max-acceptable-lag-ms', '-1'],
    ['x-fallback-strategy', 'hope'],
    ['x-consistency-token', 'abc'],
  ])('that does not parse is 400 BAD_FRESHNESS: %s: %s', async (name, value) => {
    const { status, codes, errors } = await ask(protocolHandler(), '{ __typename }', { headers: { [name]: value } });
    expect([status, codes]).toEqual([400, ['BAD_FRESHNESS']]);
    expect(errors[0]?.message).toMatch(/; expected /);
  });
});

describe('a query that is wrong', () => {
  it.each([
    ['no query at all', {}],
    ['a syntax error', { query: '{' }],
    ['an unknown field', { query: '{ nothing }' }],
    ['an unknown operation', { query: 'query A { __typename }', operationName: 'B' }],
    ['a value of the wrong type', { query: '{ entities(first: "many") { edges { cursor } } }' }],
    [
      'a variable of the wrong type',
      { query: 'query ($n: Int) { entities(first: $n) { edges { cursor } } }', variables: { n: 'x' } },
    ],
    ['a variable that is missing', { query: 'query ($id: ID!) { entity(id: $id) { id } }' }],
    ['a batch', [{ query: '{ __typename }' }]],
    ['a subscription', { query: 'subscription { entities { edges { cursor } } }' }],
  ])('is 400 BAD_USER_INPUT: %s', async (_case, body) => {
    const headers = { 'content-type': 'application/json' };
    const { status, codes } = await send(protocolHandler(), { method: 'POST', headers, body, search: '' });
    expect(codes.length).toBeGreaterThan(0);
    expect(new Set(codes)).toEqual(new Set(['BAD_USER_INPUT']));
    expect(status).toBe(400);
  });

  it.each([
    ['a null argument that must not be', '{ attributeDefinitions(first: null) { totalCount } }', 'BAD_USER_INPUT'],
    ['an id that is not a number', '{ entity(id: "abc") { id } }', 'BAD_USER_INPUT'],
    ['an id of zero', '{ entity(id: 0) { id } }', 'BAD_USER_INPUT'],
    ['a page over the limit', '{ entities(first: 1001) { edges { cursor } } }', 'LIMIT_EXCEEDED'],
    ['a malformed cursor', '{ entities(after: "abc") { edges { cursor } } }', 'BAD_USER_INPUT'],
    [
      'an unknown attribute',
      '{ entities(filter: {attributes: [{key: "nope", exists: true}]}) { totalCount } }',
      'ATTRIBUTE_UNKNOWN',
    ],
    [
      'no buckets',
      '{ analytics { distribution(attribute: "score", buckets: 0) { groups { value } } } }',
      'BAD_USER_INPUT',
    ],
    [
      'too many buckets',
      '{ analytics { distribution(attribute: "score", buckets: 10001) { groups { value } } } }',
      'LIMIT_EXCEEDED',
    ],
    [
      'min above max',
      '{ analytics { distribution(attribute: "score", min: 2, max: 1) { groups { value } } } }',
      'BAD_USER_INPUT',
    ],
    ['a lag below zero', '{ entity(id: 1, freshness: {maxLagMs: -1}) { id } }', 'BAD_FRESHNESS'],
    ['a foreign token', '{ entity(id: 1, freshness: {after: "abc"}) { id } }', 'BAD_FRESHNESS'],
    ['a directive that does not parse', '{ entity(id: 1) @freshness(maxLagMs: -1) { id } }', 'BAD_FRESHNESS'],
    ['a type that none can be', '{ entities(type: "a b") { totalCount } }', 'BAD_USER_INPUT'],
    ['a type with NUL, in analytics', '{ analytics { count(type: "a\\u0000") { count } } }', 'BAD_USER_INPUT'],
    [
      'an infinite edge',
      '{ analytics { distribution(attribute: "score", min: 0, max: 1e999) { groups { value } } } }',
      'BAD_USER_INPUT',
    ],
    [
      'a representation without an id',
      '{ _entities(representations: [{__typename: "Entity"}]) { __typename } }',
      'BAD_USER_INPUT',
    ],
    [
      'a representation whose id is a list',
      '{ _entities(representations: [{__typename: "Entity", id: ["1"]}]) { __typename } }',
      'BAD_USER_INPUT',
    ],
    ['a negative version', 'mutation { deleteEntity(id: 1, expectedVersion: -1) { deleted } }', 'BAD_USER_INPUT'],
    [
      'an unknown type of representation',
      '{ _entities(representations: [{__typename: "Product", id: 1}]) { __typename } }',
      'BAD_USER_INPUT',
    ],
  ])('fails its field: %s', async (_case, query, code) => {
    const catalog = new CatalogInMemory([attribute()]);
    const { codes } = await ask(protocolHandler({ catalog }), query);
    expect(codes).toEqual([code]);
  });
});

describe('the limits of a query', () => {
  const environment = {
    ATLAS_MAX_QUERY_DEPTH: '5',
    ATLAS_MAX_QUERY_ALIASES: '3',
    ATLAS_MAX_REPRESENTATIONS: '2',
    ATLAS_MAX_BATCH_IDS: '2',
    ATLAS_MAX_UPSERT_ROWS: '1',
  };
  const handler = protocolHandler({ environment });
  const spread = 'fragment F on EntityEdge { node { attributes { key } } }';

  it.each([
    ['depth', '{ entities { edges { node { attribute(key: "a") { key } freshness { source } } } } }', null],
    ['depth, fragments included', `{ entities { edges { ...F } } } ${spread}`, null],
    [
      'aliases',
      '{ a: __typename b: replication { timestamp } c: replication { timestamp } d: replication { timestamp } e: replication { timestamp } }',
      'LIMIT_EXCEEDED',
    ],
    ['ids', '{ entitiesById(ids: [1, 2, 3]) { id } }', 'LIMIT_EXCEEDED'],
    [
      'representations',
      '{ _entities(representations: [{__typename: "Entity", id: 1}, {__typename: "Entity", id: 2}, {__typename: "Entity", id: 3}]) { __typename } }',
      'LIMIT_EXCEEDED',
    ],
    [
      'rows',
      'mutation { upsertEntities(input: [{type: "a", attributes: []}, {type: "a", attributes: []}]) { consistencyToken } }',
      'LIMIT_EXCEEDED',
    ],
  ])('hold: %s', async (_case, query, code) => {
    const { codes } = await ask(handler, query);
    if (code !== null) expect(codes).toEqual([code]);
    else expect(codes).not.toContain('LIMIT_EXCEEDED');
  });

  it.each([
    ['a long text', `{ ${'__typename '.repeat(6000)} }`, /^The query has 66004 characters; the limit is 50000/],
    ['many brackets', `{ entity(id: ${'['.repeat(20_000)}`, /^The query is nested too deeply to parse/],
    ['many selections', '{a'.repeat(20_000), /^The query is nested too deeply to parse/],
  ])('refuse what only costs time to read: %s', async (_case, query, message) => {
    for (const one of [handler, protocolHandler({ defaultTenant: null })]) {
      const { status, codes } = await ask(one, query);
      expect([status, codes.length]).toEqual([400, 1]);
    }
    const { errors } = await ask(handler, query);
    expect(errors).toMatchObject([{ message: expect.stringMatching(message), extensions: { code: 'LIMIT_EXCEEDED' } }]);
  });

  it.each([
    ['fields', `{ ${'__typename '.repeat(501)} }`, 'The query has 501 fields and fragment spreads; the limit is 500.'],
    [
      'fragments',
      `{ ...F0 } ${Array.from({ length: 101 }, (_, n) => `fragment F${n} on Query { __typename }`).join(' ')}`,
      'The query defines 101 fragments; the limit is 100.',
    ],
  ])('hold before validation, which takes quadratic time: %s', async (_case, query, message) => {
    const answer = await ask(protocolHandler(), query);
    expect([answer.status, answer.errors[0]?.message, answer.codes]).toEqual([400, message, ['LIMIT_EXCEEDED']]);
  });

  it('leave a list with many keys for every entity affordable', async () => {
    const reads = {
      entitiesById: async () => ({ data: [entity({ attributes: { 1: 5 } })], reads: [readFreshness()] }),
    };
    const others = Array.from({ length: 999 }, (_, n) => attribute({ id: n + 2, key: `k${n}` }));
    const byKey = new Map([attribute(), ...others].map((definition) => [definition.key, definition]));
    let lookups = 0;
    const catalog = {
      forTenant: (tenant: number) => ({
        ...new CatalogInMemory().forTenant(tenant),
        byKey: (key: string) => {
          lookups += 1;
          return byKey.get(key);
        },
      }),
    };
    const variables = { keys: [...byKey.keys(), ...byKey.keys()], ids: Array(1000).fill('1') };
    const query =
      'query ($keys: [String!], $ids: [ID!]!) { entitiesById(ids: $ids) { attributes(keys: $keys) { key } } }';
    const { data } = await ask(protocolHandler({ reads, catalog }), query, { variables });
    expect(data).toEqual({ entitiesById: Array(1000).fill({ attributes: [{ key: 'score' }] }) });
    expect(lookups).toBe(1000);
  });

  it('refuse variables that are nested without end', async () => {
    const filter = JSON.parse(`${'{"not":'.repeat(100_000)}{}${'}'.repeat(100_000)}`);
    const query = 'query ($filter: EntityFilter) { entities(filter: $filter) { totalCount } }';
    const { status, errors } = await ask(handler, query, { variables: { filter } });
    expect(status).toBe(400);
    expect(errors).toMatchObject([
      {
        message: 'The variables are nested too deeply; the limit is 500 levels.',
        extensions: { code: 'LIMIT_EXCEEDED' },
      },
    ]);
  });

  it('hold for lists of keys, whose cost grows with every entity or definition', async () => {
    const reads = { entitiesById: async () => ({ data: [entity()], reads: [readFreshness()] }) };
    const strict = protocolHandler({
      reads,
      environment: { ATLAS_MAX_ATTRIBUTES_PER_ENTITY: '2', ATLAS_MAX_BATCH_IDS: '2' },
    });
    for (const query of [
      'query ($keys: [String!]) { entity(id: 1) { attributes(keys: $keys) { key } } }',
      'query ($keys: [String!]) { attributeDefinitions(filter: {keys: $keys}) { totalCount } }',
    ]) {
      expect((await ask(strict, query, { variables: { keys: ['a', 'a', 'a'] } })).codes).toEqual(['LIMIT_EXCEEDED']);
    }
  });

  it('refuse one level too many, but leave introspection alone', async () => {
    const strict = protocolHandler({ environment: { ATLAS_MAX_QUERY_DEPTH: '4' } });
    const deep = await ask(strict, `{ entities { edges { ...F } } } ${spread}`);
    expect([deep.status, deep.codes]).toEqual([400, ['LIMIT_EXCEEDED']]);
    expect(deep.errors[0]?.message).toBe('The query is too deep; the limit is 4 levels.');
    const introspection = await ask(
      strict,
      '{ __schema { types { fields { type { ofType { ofType { name } } } } } } }',
    );
    expect(introspection.codes).toEqual([]);
  });
});

describe('a GET', () => {
  const get = (query: string) =>
    send(protocolHandler(), {
      method: 'GET',
      headers: {},
      body: undefined,
      search: `?query=${encodeURIComponent(query)}`,
    });

  it('answers queries', async () => {
    expect(await get('{ __typename }')).toMatchObject({ status: 200, data: { __typename: 'Query' } });
  });

  it('never writes', async () => {
    const { status, codes } = await get('mutation { deleteEntity(id: 1) { deleted } }');
    expect([status, codes]).toEqual([405, ['BAD_USER_INPUT']]);
  });
});

describe('an error', () => {
  it('that is unexpected is INTERNAL, with only the id under which it is logged', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'error' }, { write: (line: string) => lines.push(line) });
    const handler = protocolHandler({
      logger,
      reads: {
        entitiesById: async () => {
          throw new Error('password=secret at 10.0.0.1');
        },
      },
    });
    const { errors, data } = await ask(handler, '{ entity(id: 1) { id } }');
    const [error] = errors;
    expect(data).toEqual({ entity: null });
    expect(error).toEqual({
      message: expect.stringContaining(String(error?.extensions.id)),
      locations: [{ line: 1, column: 3 }],
      path: ['entity'],
      extensions: { code: 'INTERNAL', id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    expect(lines.filter((line) => line.includes(String(error?.extensions.id)) && line.includes('secret'))).toHaveLength(
      1,
    );
  });

  it('with a code keeps its message and details, and never its cause', async () => {
    const cause = new Error('connect ECONNREFUSED 10.0.0.1');
    const handler = protocolHandler({
      reads: {
        entitiesById: async () => {
          throw new AtlasError('SHARD_UNAVAILABLE', 'Shard s0 does not answer: try again.', {
            cause,
            details: { shard: 's0' },
          });
        },
      },
    });
    const { errors } = await ask(handler, '{ entity(id: 1) { id } }');
    expect(errors).toMatchObject([
      { message: 'Shard s0 does not answer: try again.', extensions: { code: 'SHARD_UNAVAILABLE', shard: 's0' } },
    ]);
    expect(JSON.stringify(errors)).not.toContain('10.0.0.1');
  });

  it('of one representation fails that one only', async () => {
    const handler = protocolHandler({ reads: { entitiesById: async () => ({ data: [], reads: [readFreshness()] }) } });
    const { data, errors } = await ask(
      handler,
      '{ _entities(representations: [{__typename: "Entity", id: "x"}, {__typename: "Entity", id: "1"}, {__typename: "Entity", id: 2}]) { __typename } }',
    );
    expect(data).toEqual({ _entities: [null, null, null] });
    expect(errors).toMatchObject([{ path: ['_entities', 0], extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});

describe('exposed attributes', () => {
  const lastSeen = attribute({ id: 1, tenantId: 1, key: 'last_seen', type: 'TIMESTAMP', exposed: true });
  const mrr = attribute({ id: 2, tenantId: 2, key: 'mrr', exposed: true });
  const status = attribute({ id: 3, tenantId: 0, key: 'status', type: 'TEXT', exposed: true });
  const hidden = attribute({ id: 4, tenantId: 1, key: 'hidden' });

  it('are typed fields of the tenants that see them, and of no other', async () => {
    const handler = protocolHandler({
      environment: { ATLAS_TRUST_TENANT_HEADER: 'true' },
      catalog: new CatalogInMemory([lastSeen, mrr, status, hidden]),
    });
    const fieldsOf = async (tenant: string) =>
      fieldNames((await ask(handler, FIELDS_OF_ENTITY, { headers: { 'x-tenant-id': tenant } })).data).slice(
        ENTITY_FIELDS.size,
      );
    expect(await fieldsOf('1')).toEqual(['lastSeen', 'status']);
    expect(await fieldsOf('2')).toEqual(['mrr', 'status']);
    expect(await fieldsOf('3')).toEqual(['status']);
    const { data } = await ask(handler, '{ _service { sdl } }', { headers: { 'x-tenant-id': '2' } });
    const text = JSON.stringify(data);
    expect([text.includes(' mrr: Float'), text.includes('lastSeen: DateTime')]).toEqual([true, false]);
  });

  it('are those of shared definitions where no tenant is named, as a supergraph of all tenants needs', async () => {
    const handler = protocolHandler({
      defaultTenant: null,
      environment: { ATLAS_TRUST_TENANT_HEADER: 'true' },
      catalog: new CatalogInMemory([lastSeen, mrr, status]),
    });
    const text = JSON.stringify((await ask(handler, '{ _service { sdl } }')).data);
    expect(
      ['status: String', 'status: TextCondition', 'lastSeen: DateTime', 'mrr'].map((part) => text.includes(part)),
    ).toEqual([...[true, true, false, false]]);
  });

  it('are the shared ones in every schema, whatever the tenant’s own definition of the key', async () => {
    const own = attribute({ id: 5, key: 'status', type: 'TEXT', filterable: false });
    const handler = protocolHandler({ catalog: new CatalogInMemory([own, status]) });
    const answer = await ask(
      handler,
      'query ($where: EntityWhere) { entity(id: 1) { status } entities(where: $where) { edges { cursor } } }',
    );
    expect(answer.codes).not.toContain('BAD_USER_INPUT');
    const typed = await ask(handler, '{ entities(where: { status: { eq: "a" } }) { edges { cursor } } }');
    expect(typed.codes).toEqual(['ATTRIBUTE_NOT_FILTERABLE']);
  });

  it('appear in the running server, while running requests finish on the previous schema', async () => {
    const catalog = new CatalogInMemory([]);
    const { promise: held, resolve: release } = deferred();
    const handler = protocolHandler({
      catalog,
      reads: {
        entitiesById: async () => {
          await held;
          return { data: [], reads: [readFreshness()] };
        },
      },
    });
    const running = ask(handler, '{ entity(id: 1) { id } }');
    expect((await ask(handler, '{ entity(id: 1) { lastSeen } }')).codes).toEqual(['BAD_USER_INPUT']);
    catalog.replace([lastSeen]);
    expect(fieldNames((await ask(handler, FIELDS_OF_ENTITY)).data)).toContain('lastSeen');
    release();
    expect(await running).toMatchObject({ status: 200, data: { entity: null }, errors: [] });
  });

  it('are served after more schemas than are kept', { timeout: 30_000 }, async () => {
    const catalog = new CatalogInMemory([lastSeen]);
    const handler = protocolHandler({ catalog });
    for (let n = 0; n < 70; n++) {
      catalog.replace([attribute({ key: `a${n}`, exposed: true })]);
      expect(fieldNames((await ask(handler, FIELDS_OF_ENTITY)).data)).toContain(`a${n}`);
    }
    catalog.replace([lastSeen]);
    expect(fieldNames((await ask(handler, FIELDS_OF_ENTITY)).data)).toContain('lastSeen');
  });
});

describe('stopping', () => {
  it('waits for running requests, and refuses later ones', async () => {
    const { promise: held, resolve: release } = deferred();
    const handler = protocolHandler({
      reads: {
        entitiesById: async () => {
          await held;
          return { data: [], reads: [readFreshness()] };
        },
      },
    });
    const running = ask(handler, '{ entity(id: 1) { id } }');
    const stopped = handler.stop();
    expect((await ask(handler, '{ __typename }')).status).toBe(503);
    release();
    expect((await running).status).toBe(200);
    await stopped;
  });

  it('waits no longer than the grace period', async () => {
    const reads = { entitiesById: () => new Promise<never>(() => {}) };
    const handler = protocolHandler({ reads, graceMs: 20 });
    void ask(handler, '{ entity(id: 1) { id } }');
    await handler.stop();
    expect((await ask(handler, '{ __typename }')).status).toBe(503);
  });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
