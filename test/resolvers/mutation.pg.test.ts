import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeToken, mergeTokens } from '../../src/freshness/consistency-token.ts';
import { ask } from '../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../graphql/support/graphql-stack.ts';

let stack: GraphQLStack;

beforeAll(async () => {
  stack = await startGraphQLStack({ ATLAS_MAX_VALUE_BYTES: '1000', ATLAS_MAX_ATTRIBUTES_PER_ENTITY: '10' });
});
afterAll(() => stack?.stop());

const UPSERT = `
  mutation ($input: UpsertEntityInput!) {
    upsertEntity(input: $input) {
      status consistencyToken
      entity { id type version name: text(key: "name") attributes { key type } freshness { source lagMs reason stale } }
    }
  }`;
const UPSERT_MANY = `
  mutation ($input: [UpsertEntityInput!]!, $policy: ErrorPolicy) {
    upsertEntities(input: $input, errorPolicy: $policy) {
      results { status entity { id version } error { code message } } consistencyToken
    }
  }`;

const upsert = (input: object) => ask(stack.handler, UPSERT, { variables: { input } });
const exists = async (id: string) =>
  ((await ask(stack.handler, `{ entity(id: ${id}) { id } }`)).data as { entity: unknown }).entity !== null;

interface Many {
  upsertEntities: { results: { status: string; entity: { id: string } | null; error: { code: string } | null }[] };
}
async function upsertMany(input: object[], policy?: string) {
  const answer = await ask(stack.handler, UPSERT_MANY, { variables: { input, ...(policy && { policy }) } });
  return { ...answer, results: (answer.data as Many).upsertEntities.results };
}

describe('upsertEntity', () => {
  it('creates, changes and leaves alone, and returns the entity as the write left it without reading it', async () => {
    const input = {
      id: '100',
      type: 'user',
      attributes: [
        { key: 'name', text: 'Ada' },
        { key: 'score', number: 1 },
      ],
    };
    stack.statements.length = 0;
    const created = await upsert(input);
    expect(created.errors).toEqual([]);
    expect(created.data).toMatchObject({
      upsertEntity: {
        status: 'CREATED',
        entity: {
          id: '100',
          type: 'user',
          version: 1,
          name: 'Ada',
          attributes: [
            { key: 'name', type: 'TEXT' },
            { key: 'score', type: 'NUMBER' },
          ],
          freshness: { source: 'PRIMARY', lagMs: 0, reason: 'PRIMARY_REQUIRED', stale: false },
        },
      },
    });
    expect(stack.statements).toEqual([]);
    expect((await upsert(input)).data).toMatchObject({ upsertEntity: { status: 'UNCHANGED', entity: { version: 1 } } });
    const changed = {
      id: '100',
      type: 'user',
      attributes: [{ key: 'name', text: 'Grace' }],
      removeAttributes: ['score'],
    };
    expect((await upsert(changed)).data).toMatchObject({
      upsertEntity: { status: 'UPDATED', entity: { version: 2, name: 'Grace', attributes: [{ key: 'name' }] } },
    });
  });

  it('returns a token, in the data and as a header, that a later read may pass', async () => {
    const { data, headers, extensions } = await upsert({ id: '101', type: 'user', attributes: [] });
    const { consistencyToken } = (data as { upsertEntity: { consistencyToken: string } }).upsertEntity;
    expect(headers.get('x-consistency-token')).toBe(consistencyToken);
    expect(headers.get('x-data-source')).toBe('primary');
    expect(extensions.freshness).toMatchObject({
      servedClass: 'REALTIME',
      reads: [{ source: 'PRIMARY', entities: 1 }],
    });
    const read = await ask(
      stack.handler,
      'query ($t: ConsistencyToken!) { entity(id: 101, freshness: {after: $t}) { id } }',
      {
        variables: { t: consistencyToken },
      },
    );
    expect(read.data).toEqual({ entity: { id: '101' } });
    const [written, seen] = [consistencyToken, read.headers.get('x-consistency-token') ?? ''].map((text) =>
      decodeToken(text, stack.tokenScope),
    );
    if (written === undefined || seen === undefined) throw new Error('a token is missing');
    expect(mergeTokens(written, seen)).toEqual(seen);
  });

  it('generates an id if none is set', async () => {
    const { data } = await upsert({ type: 'user', attributes: [] });
    expect(data).toMatchObject({
      upsertEntity: { status: 'CREATED', entity: { id: expect.stringMatching(/^[1-9][0-9]*$/) } },
    });
  });

  it('stores values of every type unchanged', async () => {
    const json = { a: [1, 'two', null, { b: true }] };
    const attributes = [
      { key: 't_text', text: 'zwölf 🦊' },
      { key: 't_number', number: -1.5e300 },
      { key: 't_boolean', boolean: false },
      { key: 't_timestamp', timestamp: '2026-02-03T04:05:06.789+02:00' },
      { key: 't_json', json },
    ];
    await upsert({ id: '102', type: 'thing', attributes });
    const { data, errors } = await ask(
      stack.handler,
      `{ entity(id: 102) {
        text(key: "t_text") number(key: "t_number") boolean(key: "t_boolean") timestamp(key: "t_timestamp") json(key: "t_json")
        attributes { __typename key ... on TextAttribute { text } ... on NumberAttribute { number } ... on BooleanAttribute { boolean }
          ... on TimestampAttribute { timestamp } ... on JsonAttribute { json } }
      } }`,
    );
    expect(errors).toEqual([]);
    const timestamp = '2026-02-03T02:05:06.789Z';
    expect(data).toEqual({
      entity: {
        text: 'zwölf 🦊',
        number: -1.5e300,
        boolean: false,
        timestamp,
        json,
        attributes: [
          { __typename: 'BooleanAttribute', key: 't_boolean', boolean: false },
          { __typename: 'JsonAttribute', key: 't_json', json },
          { __typename: 'NumberAttribute', key: 't_number', number: -1.5e300 },
          { __typename: 'TextAttribute', key: 't_text', text: 'zwölf 🦊' },
          { __typename: 'TimestampAttribute', key: 't_timestamp', timestamp },
        ],
      },
    });
  });

  it.each([
    ['an id that is not a number', { id: 'x', type: 'user', attributes: [] }, 'BAD_USER_INPUT'],
    ['a type that is none', { type: '', attributes: [] }, 'BAD_USER_INPUT'],
    ['two values', { type: 'user', attributes: [{ key: 'name', text: 'a', number: 1 }] }, 'ATTRIBUTE_INVALID'],
    ['no value', { type: 'user', attributes: [{ key: 'name' }] }, 'ATTRIBUTE_INVALID'],
    ['a value of another type', { type: 'user', attributes: [{ key: 'name', number: 1 }] }, 'ATTRIBUTE_TYPE_MISMATCH'],
    [
      'an attribute twice',
      { type: 'user', attributes: [{ key: 'name', text: 'a' }], removeAttributes: ['name'] },
      'BAD_USER_INPUT',
    ],
    ['a key that cannot be one', { type: 'user', attributes: [{ key: 'No Key', text: 'a' }] }, 'ATTRIBUTE_INVALID'],
    [
      'an unknown attribute to remove',
      { type: 'user', attributes: [], removeAttributes: ['nope'] },
      'ATTRIBUTE_UNKNOWN',
    ],
    [
      'too many attributes',
      { type: 'user', attributes: Array.from({ length: 11 }, (_, n) => ({ key: `k${n}`, number: 1 })) },
      'LIMIT_EXCEEDED',
    ],
    [
      'a value that is too large',
      { type: 'user', attributes: [{ key: 'name', text: 'a'.repeat(1000) }] },
      'ATTRIBUTE_INVALID',
    ],
    ['a negative version', { type: 'user', attributes: [], expectedVersion: -1 }, 'BAD_USER_INPUT'],
    ['another version', { id: '100', type: 'user', attributes: [], expectedVersion: 99 }, 'VERSION_CONFLICT'],
  ])('refuses %s', async (_case, input, code) => {
    expect((await upsert(input)).codes).toEqual([code]);
  });

  it('defines nothing for a row that is refused', async () => {
    const wrong = (key: string, more: object) => ({ type: 'user', attributes: [{ key, text: 'a', ...more }] });
    await upsert(wrong('two_values', { number: 1 }));
    await upsert(wrong('with_nul', { text: '\0' }));
    await upsert({
      type: 'user',
      attributes: [
        { key: 'fine', text: 'a' },
        { key: 'Not a key', text: 'a' },
      ],
    });
    await upsert({ type: 'user', attributes: [{ key: 'beside', text: 'a' }], removeAttributes: ['nowhere'] });
    await upsertMany(
      [{ type: 'user', attributes: [{ key: 'right', text: 'a' }] }, wrong('left', { number: 1 })],
      'REJECT_ALL',
    );
    const keys = '["two_values", "with_nul", "fine", "beside", "right", "left"]';
    const { data } = await ask(stack.handler, `{ attributeDefinitions(filter: {keys: ${keys}}) { totalCount } }`);
    expect(data).toEqual({ attributeDefinitions: { totalCount: 0 } });
  });

  it('reports what is wrong with an invalid key', async () => {
    const { errors } = await upsert({ type: 'user', attributes: [{ key: 'Not a key', text: 'a' }] });
    expect(errors).toMatchObject([{ extensions: { code: 'ATTRIBUTE_INVALID' } }]);
    expect(errors[0]?.message).toContain('"Not a key" is not a valid attribute key');
  });

  it('keeps JSON with members of any name unchanged', async () => {
    const json: unknown = JSON.parse(
      '{"__proto__": {"a": 1}, "constructor": {"prototype": {"b": 2}}, "toString": null}',
    );
    const { errors } = await upsert({ id: '777', type: 'user', attributes: [{ key: 'any_names', json }] });
    expect(errors).toEqual([]);
    const { data } = await ask(
      stack.handler,
      '{ entity(id: 777, freshness: {class: REALTIME}) { json(key: "any_names") } }',
    );
    expect(JSON.parse(JSON.stringify(data)).entity.json).toEqual(json);
    expect({}).not.toHaveProperty('a');
  });

  it('refuses unknown attributes if the catalog does not allow implicit definition', async () => {
    const strict = await startGraphQLStack({ ATLAS_IMPLICIT_ATTRIBUTES: 'false' });
    try {
      const define = 'mutation { defineAttribute(input: {key: "name", type: TEXT}) { definition { key } } }';
      await ask(strict.handler, define);
      const input = { type: 'user', attributes: [{ key: 'nmae', text: 'a' }] };
      const { errors } = await ask(strict.handler, UPSERT, { variables: { input } });
      expect(errors).toMatchObject([
        { message: expect.stringContaining('did you mean "name"'), extensions: { code: 'ATTRIBUTE_UNKNOWN' } },
      ]);
    } finally {
      await strict.stop();
    }
  });
});

describe('upsertEntities', () => {
  const good = (id: string) => ({ id, type: 'user', attributes: [{ key: 'name', text: id }] });
  const bad = (id: string) => ({ id, type: 'user', attributes: [{ key: 'name', number: 1 }] });

  it('writes the rows that are right and reports each that is wrong, in the order given', async () => {
    const { results, errors } = await upsertMany([good('200'), bad('201'), good('202'), { ...good('203'), type: '' }]);
    expect(errors).toEqual([]);
    expect(results.map(({ status, entity, error }) => [status, entity?.id, error?.code])).toEqual([
      ['CREATED', '200', undefined],
      ['FAILED', undefined, 'ATTRIBUTE_TYPE_MISMATCH'],
      ['CREATED', '202', undefined],
      ['FAILED', undefined, 'BAD_USER_INPUT'],
    ]);
    expect(await exists('201')).toBe(false);
  });

  it('writes nothing if any row is wrong and REJECT_ALL is set', async () => {
    const { results } = await upsertMany([good('210'), bad('211')], 'REJECT_ALL');
    expect(results.map(({ status, error }) => [status, error?.code])).toEqual([
      ['NOT_WRITTEN', undefined],
      ['FAILED', 'ATTRIBUTE_TYPE_MISMATCH'],
    ]);
    expect(await exists('210')).toBe(false);
    const allRight = await upsertMany([good('210'), good('211')], 'REJECT_ALL');
    expect(allRight.results.map(({ status }) => status)).toEqual(['CREATED', 'CREATED']);
  });

  it('applies rows of the same id in order', async () => {
    const { results } = await upsertMany([
      good('220'),
      { ...good('220'), attributes: [{ key: 'name', text: 'later' }] },
    ]);
    expect(results.map(({ status }) => status)).toEqual(['CREATED', 'UPDATED']);
    const { data } = await ask(stack.handler, '{ entity(id: 220) { text(key: "name") } }');
    expect(data).toEqual({ entity: { text: 'later' } });
  });

  it('fails only the rows whose key cannot be defined', async () => {
    const { results } = await upsertMany([
      { id: '230', type: 'user', attributes: [{ key: 'brand_new', text: 'a' }] },
      { id: '231', type: 'user', attributes: [{ key: 'Brand New', text: 'a' }] },
    ]);
    expect(results.map(({ status, error }) => [status, error?.code])).toEqual([
      ['CREATED', undefined],
      ['FAILED', 'ATTRIBUTE_INVALID'],
    ]);
  });
});

describe('deleteEntity', () => {
  it('deletes once, and reports whether the entity existed', async () => {
    await upsert({ id: '300', type: 'user', attributes: [] });
    const remove = 'mutation { deleteEntity(id: 300) { id deleted consistencyToken } }';
    expect((await ask(stack.handler, remove)).data).toMatchObject({ deleteEntity: { id: '300', deleted: true } });
    expect((await ask(stack.handler, remove)).data).toMatchObject({ deleteEntity: { deleted: false } });
    expect(await exists('300')).toBe(false);
  });

  it('gives its token in the data, as a header and in the extensions, although nothing is read', async () => {
    const remove = 'mutation { deleteEntity(id: 303) { consistencyToken } }';
    const { data, headers, extensions } = await ask(stack.handler, remove);
    const token = headers.get('x-consistency-token');
    expect(data).toEqual({ deleteEntity: { consistencyToken: token } });
    const freshness = { servedClass: null, maxLagMs: null, health: 'HEALTHY', reads: [], token };
    expect(extensions.freshness).toEqual(freshness);
    expect(headers.has('x-data-source')).toBe(false);
  });

  it('keeps another tenant’s entity', async () => {
    await upsert({ id: '301', type: 'user', attributes: [] });
    const headers = { 'x-tenant-id': '2' };
    const { data } = await ask(stack.handler, 'mutation { deleteEntity(id: 301) { deleted } }', { headers });
    expect(data).toEqual({ deleteEntity: { deleted: false } });
    expect(await exists('301')).toBe(true);
  });

  it('refuses another version', async () => {
    await upsert({ id: '302', type: 'user', attributes: [] });
    const { codes } = await ask(stack.handler, 'mutation { deleteEntity(id: 302, expectedVersion: 9) { deleted } }');
    expect(codes).toEqual(['VERSION_CONFLICT']);
  });
});

describe('defineAttribute', () => {
  it('defines, shows, and gives an exposed attribute its typed field in the running server', async () => {
    const query = '{ entity(id: 400) { lastSeen } }';
    await upsert({ id: '400', type: 'user', attributes: [] });
    expect((await ask(stack.handler, query)).codes).toEqual(['BAD_USER_INPUT']);
    const defined = await ask(
      stack.handler,
      `mutation { defineAttribute(input: {key: "last_seen", type: TIMESTAMP, description: "Last visit", exposed: true, hot: true}) {
        definition { key type description fieldName filterable exposed hot shared retiredAt } consistencyToken } }`,
    );
    expect(defined.data).toMatchObject({
      defineAttribute: {
        definition: {
          key: 'last_seen',
          type: 'TIMESTAMP',
          description: 'Last visit',
          fieldName: 'lastSeen',
          filterable: true,
          exposed: true,
          hot: true,
          shared: false,
          retiredAt: null,
        },
      },
    });
    const lastSeen = '2026-01-01T00:00:00.000Z';
    await upsert({ id: '400', type: 'user', attributes: [{ key: 'last_seen', timestamp: lastSeen }] });
    expect((await ask(stack.handler, query)).data).toEqual({ entity: { lastSeen } });
    const other = await ask(stack.handler, query, { headers: { 'x-tenant-id': '2' } });
    expect(other.codes).toEqual(['BAD_USER_INPUT']);
  });

  it('refuses another type for a key that exists, and a name that is taken', async () => {
    const define = (key: string, type: string) =>
      ask(
        stack.handler,
        `mutation { defineAttribute(input: {key: "${key}", type: ${type}, exposed: true}) { consistencyToken } }`,
      );
    expect((await define('last_seen', 'TEXT')).codes).toEqual(['ATTRIBUTE_TYPE_MISMATCH']);
    expect((await define('created_at', 'TEXT')).codes).toEqual(['ATTRIBUTE_INVALID']);
  });

  it('lists definitions in pages, by key', async () => {
    const page = async (after?: string) => {
      const { data } = await ask(
        stack.handler,
        `query ($after: String) { attributeDefinitions(first: 2, after: $after, filter: {keyStartsWith: "t_"}) {
          edges { node { key } } totalCount pageInfo { endCursor hasNextPage hasPreviousPage } } }`,
        { variables: { after } },
      );
      const { edges, pageInfo, totalCount } = (
        data as {
          attributeDefinitions: {
            edges: { node: { key: string } }[];
            totalCount: number;
            pageInfo: { endCursor: string; hasNextPage: boolean; hasPreviousPage: boolean };
          };
        }
      ).attributeDefinitions;
      return { keys: edges.map(({ node }) => node.key), totalCount, ...pageInfo };
    };
    const first = await page();
    expect(first).toMatchObject({
      keys: ['t_boolean', 't_json'],
      totalCount: 5,
      hasNextPage: true,
      hasPreviousPage: false,
    });
    const third = await page((await page(first.endCursor)).endCursor);
    expect(third).toMatchObject({ keys: ['t_timestamp'], hasNextPage: false, hasPreviousPage: true });
  });
});

describe('attribute rules', () => {
  const define = (key: string, type: string, rules: string) =>
    ask(
      stack.handler,
      `mutation { defineAttribute(input: {key: "${key}", type: ${type}, rules: ${rules}}) {
        definition { rules { enum min max earliest latest maxLength pattern schema } } } }`,
    );
  const none = {
    enum: null,
    min: null,
    max: null,
    earliest: null,
    latest: null,
    maxLength: null,
    pattern: null,
    schema: null,
  };

  beforeAll(async () => {
    for (const [key, type, rules, shown] of [
      ['r_status', 'TEXT', '{enum: ["active", "inactive"]}', { enum: ['active', 'inactive'] }],
      ['r_age', 'NUMBER', '{min: 0, max: 150, pattern: null}', { min: 0, max: 150 }],
      ['r_born', 'TIMESTAMP', '{earliest: "1900-01-01T01:00:00+01:00"}', { earliest: '1900-01-01T00:00:00.000Z' }],
      ['r_died', 'TIMESTAMP', '{latest: "2026-01-01T00:00:00Z"}', { latest: '2026-01-01T00:00:00.000Z' }],
      ['r_code', 'TEXT', '{maxLength: 3, pattern: "^[A-Z]+$"}', { maxLength: 3, pattern: '^[A-Z]+$' }],
      [
        'r_address',
        'JSON',
        '{schema: {type: "object", properties: {zip: {type: "string"}}}}',
        { schema: { type: 'object', properties: { zip: { type: 'string' } } } },
      ],
    ] as const) {
      const { data, errors } = await define(key, type, rules);
      expect(errors).toEqual([]);
      expect(data).toEqual({ defineAttribute: { definition: { rules: { ...none, ...shown } } } });
    }
  });

  it('refuse each row that violates one, and name it', async () => {
    const rows = [
      ['enum', { key: 'r_status', text: 'gone' }],
      ['min', { key: 'r_age', number: -1 }],
      ['max', { key: 'r_age', number: 151 }],
      ['earliest', { key: 'r_born', timestamp: '1899-12-31T23:59:59.999Z' }],
      ['latest', { key: 'r_died', timestamp: '2026-01-01T00:00:00.001Z' }],
      ['maxLength', { key: 'r_code', text: 'ABCD' }],
      ['pattern', { key: 'r_code', text: 'abc' }],
      ['schema', { key: 'r_address', json: { zip: 53111 } }],
    ] as const;
    const kept = [
      { key: 'r_age', number: 150 },
      { key: 'r_code', text: 'ABC' },
    ];
    const { results } = await upsertMany([
      { id: '500', type: 'user', attributes: kept },
      ...rows.map(([, attribute], n) => ({ id: `${501 + n}`, type: 'user', attributes: [attribute] })),
    ]);
    expect(results).toMatchObject([
      { status: 'CREATED' },
      ...rows.map(([rule, { key }]) => ({
        status: 'FAILED',
        error: {
          code: 'ATTRIBUTE_INVALID',
          message: expect.stringContaining(`Attribute "${key}" violates rule ${rule}: `),
        },
      })),
    ]);
    expect(await exists('501')).toBe(false);
  });

  it('leave stored values unchanged if a write is refused, and allow their removal', async () => {
    const attributes = [{ key: 'r_address', json: { zip: '53111' } }];
    await upsert({ id: '520', type: 'user', attributes });
    expect((await upsert({ id: '520', type: 'user', attributes: [{ key: 'r_address', json: 1 }] })).codes).toEqual([
      'ATTRIBUTE_INVALID',
    ]);
    const { data } = await ask(stack.handler, '{ entity(id: 520) { json(key: "r_address") } }');
    expect(data).toEqual({ entity: { json: { zip: '53111' } } });
    const removed = await upsert({ id: '520', type: 'user', attributes: [], removeAttributes: ['r_address'] });
    expect(removed.errors).toEqual([]);
  });

  it('are unchanged if the attribute is defined again', async () => {
    const { data } = await define('r_age', 'NUMBER', '{max: 7}');
    expect(data).toMatchObject({ defineAttribute: { definition: { rules: { ...none, min: 0, max: 150 } } } });
  });

  it.each([
    ['NUMBER', '{pattern: "a"}', 'pattern does not apply to type NUMBER'],
    ['NUMBER', '{min: 2, max: 1}', 'min 2 is greater than max 1'],
    ['TEXT', '{enum: []}', 'enum is empty'],
    ['TEXT', '{pattern: "a(?!b)"}', 'pattern is not supported'],
    ['TIMESTAMP', '{latest: "+010000-01-01T00:00:00Z"}', 'DateTime'],
    ['JSON', '{schema: {type: "objekt"}}', 'schema is not a supported JSON Schema'],
    ['JSON', '{schema: {items: {format: "email"}}}', 'format is not supported'],
  ])('are refused if they are wrong: %s %s', async (type, rules, message) => {
    const { errors } = await define('r_new', type, rules);
    expect(errors).toMatchObject([{ message: expect.stringContaining(message) }]);
    const { data } = await ask(stack.handler, '{ attributeDefinition(key: "r_new") { key } }');
    expect(data).toEqual({ attributeDefinition: null });
  });
});
