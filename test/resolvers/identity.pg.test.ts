import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derivedId } from '../../src/domain/external-key.ts';
import { ask } from '../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../graphql/support/graphql-stack.ts';
import { attribute } from '../support/domain.ts';

let stack: GraphQLStack;

/** In the stack, as a caller with these roles. */
const HEADERS = { 'x-tenant-id': '1', 'x-atlas-roles': 'read write define hr operate audit' };
const run = (query: string, variables: object = {}, headers: Record<string, string> = HEADERS) =>
  ask(stack.handler, query, { variables, headers });

const UPSERT = `mutation ($input: [UpsertEntityInput!]!, $policy: ErrorPolicy) {
  upsertEntities(input: $input, errorPolicy: $policy) {
    results { status entity { id version sku text(key: "title") } error { code message hint } } consistencyToken
  }
}`;

interface Result {
  readonly status: string;
  readonly entity: { id: string; version: number } | null;
  readonly error: { code: string; message: string; hint: string | null } | null;
}

async function upsert(input: object[], more: { policy?: string; headers?: Record<string, string> } = {}) {
  const { data, errors } = await run(UPSERT, { input, policy: more.policy }, more.headers ?? HEADERS);
  expect(errors).toEqual([]);
  return (data as { upsertEntities: { results: Result[] } }).upsertEntities.results;
}

const product = (sku: string, title: string, more: object = {}) => ({
  type: 'product',
  attributes: [
    { key: 'sku', text: sku },
    { key: 'title', text: title },
  ],
  ...more,
});

const bySku = async (value: string, headers = HEADERS) => {
  const query =
    'query ($value: String!) { entityByKey(type: "product", key: "sku", value: $value) { id text(key: "title") } }';
  return run(query, { value }, headers);
};

async function define(input: string, headers: Record<string, string> = HEADERS) {
  const query = `mutation { defineAttribute(input: {${input}}) { definition { unique } differences { property } } }`;
  return run(query, {}, headers);
}

beforeAll(async () => {
  stack = await startGraphQLStack();
  const made = await define('key: "sku", type: TEXT, exposed: true, unique: true, entityTypes: ["product"]');
  expect(made.data).toEqual({ defineAttribute: { definition: { unique: true }, differences: [] } });
  await define('key: "number", type: NUMBER, exposed: false, unique: true, entityTypes: ["flight"]');
  await define('key: "code", type: TEXT, unique: true, entityTypes: ["case"], access: { read: ["hr"] }');
});
afterAll(() => stack?.stop());

describe('a unique attribute', () => {
  it('finds one entity, on whichever shard it is, however often it is written', async () => {
    const skus = Array.from({ length: 20 }, (_, n) => `A-${n}`);
    const first = await upsert(skus.map((sku) => product(sku, `first ${sku}`)));
    expect(first.map(({ status }) => status)).toEqual(skus.map(() => 'CREATED'));
    const again = await upsert(skus.map((sku) => product(sku, `again ${sku}`)));
    expect(again.map(({ status }) => status)).toEqual(skus.map(() => 'UPDATED'));
    expect(again.map(({ entity }) => entity?.id)).toEqual(first.map(({ entity }) => entity?.id));
    const total = await run('{ entities(type: "product") { totalCount } }');
    expect(total.data).toEqual({ entities: { totalCount: 20 } });

    stack.statements.length = 0;
    const fields = skus.map(
      (sku, n) => `k${n}: entityByKey(type: "product", key: "sku", value: "${sku}") { title: text(key: "title") }`,
    );
    const { data, errors } = await run(
      `{ ${fields.join(' ')} byId: entity(id: "${first[0]?.entity?.id}") { sku } none: entityByKey(type: "product", key: "sku", value: "a-1") { id } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      ...Object.fromEntries(skus.map((sku, n) => [`k${n}`, { title: `again ${sku}` }])),
      byId: { sku: 'A-0' },
      none: null,
    });
    expect(stack.statements.map(({ shard }) => shard).sort()).toEqual(['s0', 's1']);
  });

  it('is written by many at once without a second entity', async () => {
    const writes = await Promise.all(
      Array.from({ length: 8 }, (_, n) => upsert([product('RACE', `by ${n}`), product('RACE', `after ${n}`)])),
    );
    const results = writes.flat();
    expect(results.filter(({ status }) => status === 'CREATED')).toHaveLength(1);
    expect(new Set(results.map(({ entity }) => entity?.id)).size).toBe(1);
    expect(Math.max(...results.map(({ entity }) => entity?.version ?? 0))).toBe(16);
  });

  it('takes numbers that are equal for one key, and refuses those that a double does not tell apart', async () => {
    const flight = (number: number) => ({ type: 'flight', attributes: [{ key: 'number', number }] });
    const [made] = await upsert([flight(1)]);
    for (const value of ['1', '1.0', '1.00', '10e-1', '-0']) {
      const query = `{ entityByKey(type: "flight", key: "number", value: "${value}") { id } }`;
      const { data } = await run(query);
      expect([value, data]).toEqual([value, { entityByKey: value === '-0' ? null : { id: made?.entity?.id } }]);
    }
    expect(await upsert([flight(2 ** 53)])).toMatchObject([{ status: 'FAILED', error: { code: 'ATTRIBUTE_INVALID' } }]);
    for (const value of ['', ' 1', '0x1', 'NaN', '1e999', '9007199254740993']) {
      const { data, codes } = await run(`{ entityByKey(type: "flight", key: "number", value: "${value}") { id } }`);
      expect([value, data]).toEqual([value, { entityByKey: null }]);
      expect(codes).toEqual([value.startsWith('9') ? 'ATTRIBUTE_INVALID' : 'BAD_USER_INPUT']);
    }
  });

  it('cannot change, be removed, or be left out of what is created', async () => {
    const [{ entity } = {}] = await upsert([product('FIXED', 'before')]);
    const id = entity?.id;
    const refused = await upsert([
      product('OTHER', 'x', { id }),
      product('FIXED', 'x', { id: '77' }),
      { type: 'product', id, attributes: [], removeAttributes: ['sku'] },
      { type: 'product', attributes: [{ key: 'title', text: 'no key' }] },
      { type: 'product', id: '78', attributes: [{ key: 'title', text: 'no key' }] },
    ]);
    expect(refused.map(({ error }) => error?.code)).toEqual(Array(5).fill('BAD_USER_INPUT'));
    expect(refused.map(({ error }) => error?.message)).toEqual([
      expect.stringContaining('Leave the id out'),
      expect.stringContaining('Leave the id out'),
      expect.stringContaining('cannot be removed'),
      expect.stringContaining('needs a value of its key "sku"'),
      expect.stringContaining('created with a value of their key'),
    ]);
    const changed = await upsert([
      { type: 'product', id, attributes: [{ key: 'title', text: 'by id' }] },
      product('FIXED', 'both', { id, expectedVersion: 2 }),
    ]);
    expect(changed).toMatchObject([{ status: 'UPDATED' }, { status: 'UPDATED', entity: { version: 3 } }]);
  });

  it('keeps all rows from being written if one lacks it and REJECT_ALL says so', async () => {
    const rows = [product('ALL', 'x'), { type: 'product', attributes: [] }];
    expect(await upsert(rows, { policy: 'REJECT_ALL' })).toMatchObject([
      { status: 'NOT_WRITTEN' },
      { status: 'FAILED' },
    ]);
    expect((await bySku('ALL')).data).toEqual({ entityByKey: null });
  });

  it('is free again when its entity is deleted or erased', async () => {
    const [made] = await upsert([product('FREE', 'first')]);
    const id = made?.entity?.id;
    for (const removal of [`deleteEntity(id: "${id}") { deleted }`, `eraseEntity(id: "${id}") { consistencyToken }`]) {
      expect((await run(`mutation { ${removal} }`)).errors).toEqual([]);
      expect((await bySku('FREE')).data).toEqual({ entityByKey: null });
      const anew = await upsert([product('FREE', 'again', { expectedVersion: 0 })]);
      expect(anew).toMatchObject([{ status: 'CREATED', entity: { id, version: 1 } }]);
    }
  });

  it('never takes the entity that has its id by chance', async () => {
    const [{ entity } = {}] = await upsert([product('CHANCE', 'x')]);
    const id = entity?.id ?? '';
    await run(`mutation { deleteEntity(id: "${id}") { deleted } }`);
    await upsert([{ type: 'note', id, attributes: [{ key: 'title', text: 'kept' }] }]);
    const [refused] = await upsert([product('CHANCE', 'lost')]);
    expect(refused).toMatchObject({ status: 'FAILED', error: { code: 'BAD_USER_INPUT' } });
    expect(refused?.error?.message).toContain('Another key has the same id');
    expect((await bySku('CHANCE')).data).toEqual({ entityByKey: null });
    const kept = await run(`{ entity(id: "${id}") { type text(key: "title") version } }`);
    expect(kept.data).toEqual({ entity: { type: 'note', text: 'kept', version: 1 } });
  });

  it('is of its own tenant', async () => {
    const [mine] = await upsert([product('MINE', 'of tenant 1')]);
    const headers = { ...HEADERS, 'x-tenant-id': '2' };
    expect((await bySku('MINE', headers)).codes).toEqual(['ATTRIBUTE_UNKNOWN']);
    await define('key: "sku", type: TEXT, exposed: true, unique: true, entityTypes: ["product"]', headers);
    expect((await bySku('MINE', headers)).data).toEqual({ entityByKey: null });
    const [theirs] = await upsert([product('MINE', 'of tenant 2')], { headers });
    expect(theirs?.status).toBe('CREATED');
    expect(theirs?.entity?.id).not.toBe(mine?.entity?.id);
  });

  it('is like one that is not defined to a caller who may not read it', async () => {
    const [made] = await upsert([{ type: 'case', attributes: [{ key: 'code', text: 'X1' }] }]);
    const headers = { ...HEADERS, 'x-atlas-roles': 'read write' };
    for (const value of ['X1', 'X2']) {
      const { codes } = await run(`{ entityByKey(type: "case", key: "code", value: "${value}") { id } }`, {}, headers);
      expect(codes).toEqual(['ATTRIBUTE_UNKNOWN']);
    }
    const rows = [
      { type: 'case', attributes: [{ key: 'title', text: 'no code' }] },
      { type: 'case', id: '79', attributes: [{ key: 'title', text: 'no code' }] },
      { type: 'case', id: made?.entity?.id, attributes: [{ key: 'title', text: 'seen' }] },
    ];
    const results = await run(
      'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status error { code message } } } }',
      { input: rows },
      headers,
    );
    const { upsertEntities } = results.data as { upsertEntities: { results: Result[] } };
    expect(upsertEntities.results).toMatchObject([
      { error: { code: 'FORBIDDEN' } },
      { error: { code: 'BAD_USER_INPUT' } },
      { status: 'UPDATED' },
    ]);
    expect(JSON.stringify(results)).not.toContain('code\\"');
  });

  it('cannot be guessed from the id of an entity without the salt, which no answer shows', async () => {
    const [made] = await upsert([product('GUESS', 'x')]);
    const salts = [null, '', 'sku'].map((keySalt) => attribute({ key: 'sku', type: 'TEXT', keySalt: keySalt ?? '' }));
    const guesses = salts.map((one) => derivedId(1, 'product', { ...one, keySalt: one.keySalt ?? '' }, 'GUESS'));
    expect(guesses).not.toContain(made?.entity?.id);
    const { errors } = await run('{ attributeDefinition(key: "sku") { keySalt } }');
    expect(errors).toHaveLength(1);
  });
});

describe('defining a unique attribute', () => {
  it.each([
    ['key: "b", type: BOOLEAN, unique: true, entityTypes: ["b"]', 'expected TEXT or NUMBER'],
    ['key: "b", type: TEXT, unique: true', 'list the types'],
    ['key: "b", type: TEXT, unique: true, entityTypes: ["b", "product"]', 'the type has "sku"'],
    ['key: "b", type: TEXT, unique: true, entityTypes: ["product"], shared: true', 'the type has another'],
  ])('refuses %s', async (input, message) => {
    const { errors, codes } = await define(input);
    expect(codes).toEqual(['ATTRIBUTE_INVALID']);
    expect(errors[0]?.message).toContain(message);
  });

  it('says nothing of a key that the caller may not read', async () => {
    const { errors } = await define('key: "b", type: TEXT, unique: true, entityTypes: ["case"]', {
      ...HEADERS,
      'x-atlas-roles': 'define read',
    });
    expect(errors[0]?.message).toBe(
      'Attribute "b" cannot be the key of entities of type "case": the type has another.',
    );
  });

  it('holds for what is created from then on; what exists has no key, and gets none', async () => {
    await define('key: "isbn", type: TEXT');
    const book = (id: string | undefined, isbn: string) => ({
      id,
      type: 'book',
      attributes: [{ key: 'serial', text: isbn }],
    });
    await define('key: "plain", type: TEXT');
    await upsert([{ id: '500', type: 'book', attributes: [{ key: 'plain', text: 'old' }] }]);
    await define('key: "serial", type: TEXT, unique: true, entityTypes: ["book"]');
    const results = await upsert([
      { id: '500', type: 'book', attributes: [{ key: 'plain', text: 'changed' }] },
      book('500', 'S1'),
      book(undefined, 'S1'),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['UPDATED', 'FAILED', 'CREATED']);
    const existing = await define('key: "isbn", type: TEXT, unique: true, entityTypes: ["book"]');
    expect(existing.data).toMatchObject({ defineAttribute: { definition: { unique: false } } });
    expect(JSON.stringify(existing.data)).toContain('UNIQUE');
  });

  it('fixes its types, and keeps them taken while it is retired', async () => {
    const update = (input: string) => run(`mutation { updateAttribute(input: {${input}}) { definition { key } } }`);
    expect((await update('key: "sku", entityTypes: ["product", "part"]')).errors[0]?.message).toContain(
      'cannot change',
    );
    expect((await update('key: "sku", description: "stock keeping unit"')).errors).toEqual([]);
    await define('key: "old", type: TEXT, unique: true, entityTypes: ["relic"]');
    await run('mutation { retireAttribute(key: "old") { consistencyToken } }');
    const { errors } = await define('key: "new", type: TEXT, unique: true, entityTypes: ["relic"]');
    expect(errors[0]?.message).toContain('the type has "old"');
    expect((await upsert([{ type: 'relic', attributes: [] }]))[0]?.status).toBe('CREATED');
  });
});

describe('a reference of a gateway by key', () => {
  const QUERY = `query ($representations: [_Any!]!) {
    _entities(representations: $representations) { ... on Entity { text(key: "title") } }
  }`;

  it('is resolved with those by id in one statement for each shard', async () => {
    const made = await upsert(['G1', 'G2', 'G3', 'G4'].map((sku) => product(sku, `title ${sku}`)));
    const representations = [
      { __typename: 'Entity', type: 'product', sku: 'G1' },
      { __typename: 'Entity', id: made[1]?.entity?.id },
      { __typename: 'Entity', type: 'product', sku: 'absent' },
      { __typename: 'Entity', type: 'product', sku: 'G3' },
      { __typename: 'Entity', type: 'product', sku: 'G4' },
    ];
    stack.statements.length = 0;
    const { data, errors } = await run(QUERY, { representations });
    expect(errors).toEqual([]);
    const titles = ['title G1', 'title G2', null, 'title G3', 'title G4'];
    expect(data).toEqual({ _entities: titles.map((text) => text && { text }) });
    // On which shards the keys are differs from run to run.
    const shards = stack.statements.map(({ shard }) => shard);
    expect(shards).toEqual([...new Set(shards)]);
  });

  it('fails alone if its type has no exposed key, or the caller may not read it', async () => {
    const representations = [
      { __typename: 'Entity', type: 'flight', number: '1' },
      { __typename: 'Entity', type: 'case', code: 'X1' },
      { __typename: 'Entity', type: 'product', sku: null },
      { __typename: 'Entity', type: 'product', sku: 'G1' },
    ];
    const { data, errors } = await run(QUERY, { representations });
    // The others say the same, and are counted with it.
    expect(errors.map(({ path }) => path)).toEqual([['_entities', 0]]);
    expect(data).toEqual({ _entities: [null, null, null, { text: 'title G1' }] });
  });

  it('is what the SDL says', async () => {
    const { data } = await run('{ _service { sdl } }');
    const { sdl } = (data as { _service: { sdl: string } })._service;
    expect(/type Entity\s([^{]*)/.exec(sdl)?.[1]?.match(/@key\(.*?\)/g)).toEqual([
      '@key(fields: "id")',
      '@key(fields: "type sku")',
    ]);
  });
});
