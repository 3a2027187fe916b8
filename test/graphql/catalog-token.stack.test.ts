import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeToken, tokenScope } from '../../src/freshness/consistency-token.ts';
import { readSigningKey } from '../../src/migration/signing-key.ts';
import { authorOf } from '../support/author.ts';
import { type Answer, ask } from './support/ask.ts';
import { startTwoProcesses, type TwoProcesses } from './support/two-processes.ts';

let processes: TwoProcesses;
let serial = 0;

beforeAll(async () => {
  processes = await startTwoProcesses();
}, 120_000);
afterAll(() => processes?.stop());

const TENANT = 1;
const WRITE = `mutation ($input: UpsertEntityInput!) {
  upsertEntity(input: $input) { status entity { id } consistencyToken } }`;
const DEFINE = `mutation ($input: DefineAttributeInput!) { defineAttribute(input: $input) { consistencyToken } }`;

interface Written {
  readonly id: string;
  readonly key: string;
  readonly token: string;
}

/** Through the process that is told: an entity with an attribute that did not exist. */
async function writeNew(): Promise<Written> {
  serial += 1;
  const key = `new_${serial}`;
  const input = { type: 'thing', attributes: [{ key, text: `value of ${key}` }] };
  const { data, errors } = await ask(processes.told.handler, WRITE, { variables: { input } });
  expect(errors).toEqual([]);
  const { entity, consistencyToken } = (data as { upsertEntity: { entity: { id: string }; consistencyToken: string } })
    .upsertEntity;
  return { id: entity.id, key, token: consistencyToken };
}

/** Through the process that is told. @returns its token */
async function defineNew(input: object): Promise<string> {
  const { data, errors } = await ask(processes.told.handler, DEFINE, { variables: { input } });
  expect(errors).toEqual([]);
  return (data as { defineAttribute: { consistencyToken: string } }).defineAttribute.consistencyToken;
}

const read = (query: string, variables: object, token?: string): Promise<Answer> =>
  ask(processes.untold.handler, query, {
    variables,
    headers: token === undefined ? {} : { 'x-consistency-token': token },
  });
const isKnown = (key: string): boolean => processes.untold.catalog.forTenant(TENANT).byKey(key) !== undefined;

const ENTITY = `query ($id: ID!, $key: String!, $freshness: FreshnessInput) {
  entity(id: $id, freshness: $freshness) { attributes { key } text(key: $key) freshness { source stale } } }`;
const FIELD = `query ($id: ID!, $key: String!, $freshness: FreshnessInput) {
  entity(id: $id, freshness: { class: REALTIME }) { text(key: $key, freshness: $freshness) named: attributes(keys: [$key], freshness: $freshness) { key }
    all: attributes(freshness: $freshness) { key } one: attribute(key: $key, freshness: $freshness) { key } } }`;
const PAGE = `query ($key: String!, $freshness: FreshnessInput) {
  entities(filter: { attributes: [{ key: $key, exists: true }] }, freshness: $freshness) {
    edges { node { attributes { key } } } freshness { source } } }`;
const COUNT = `query ($key: String!, $freshness: FreshnessInput) {
  analytics { count(filter: { attributes: [{ key: $key, exists: true }] }, freshness: $freshness) { count freshness { source } } } }`;

const SOURCES = [
  ['PRIMARY', { class: 'REALTIME', fallback: 'FAIL' }],
  ['REPLICA', { class: 'OPERATIONAL', fallback: 'FAIL', maxWaitMs: 20_000 }],
  ['CLICKHOUSE', { class: 'ANALYTICAL', fallback: 'FAIL', maxWaitMs: 20_000 }],
] as const;

describe('a process that receives no notifications, given the token of a write with a new attribute', () => {
  it.each(SOURCES)(
    'answers with the attribute, always: %s',
    async (source, requested) => {
      for (let round = 0; round < 5; round += 1) {
        for (const place of ['header', 'argument']) {
          for (const query of [ENTITY, PAGE, COUNT]) {
            const { id, key, token } = await writeNew();
            expect(isKnown(key)).toBe(false);
            const freshness = place === 'header' ? requested : { ...requested, after: token };
            const { data, errors } = await read(query, { id, key, freshness }, place === 'header' ? token : undefined);
            expect(errors).toEqual([]);
            expect(data).toEqual(expectedOf(query, key, source));
          }
        }
      }
    },
    120_000,
  );

  it('answers a field that passes the token inside an entity that was read without it', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id, key, token } = await writeNew();
      expect(isKnown(key)).toBe(false);
      const { data, errors } = await read(FIELD, { id, key, freshness: { after: token, class: 'REALTIME' } });
      expect(errors).toEqual([]);
      const node = { key };
      expect(data).toEqual({ entity: { text: `value of ${key}`, named: [node], all: [node], one: node } });
    }
  });

  it.each([
    ['operation', '@freshness(class: REALTIME, after: $after)', ''],
    ['field', '', '@freshness(class: REALTIME, after: $after)'],
  ])('answers with the attribute if a directive on the %s has the token', async (_, operation, field) => {
    const { id, key, token } = await writeNew();
    expect(isKnown(key)).toBe(false);
    const { data, errors } = await read(
      `query ($id: ID!, $key: String!, $after: ConsistencyToken) ${operation} {
         attributeDefinition(key: $key) ${field} { key } entity(id: $id) ${field} { text(key: $key) } }`,
      { id, key, after: token },
    );
    expect([errors, data]).toEqual([[], { attributeDefinition: { key }, entity: { text: `value of ${key}` } }]);
  });

  it('has its typed field if the token is in the header, and knows none of it if the token is an argument', async () => {
    const query =
      'query ($freshness: FreshnessInput) { entities(first: 1, freshness: $freshness) { edges { node { typedNew } } } }';
    const token = await defineNew({ key: 'typed_new', type: 'TEXT', exposed: true });
    expect(isKnown('typed_new')).toBe(false);
    const refused = await read(query, { freshness: { after: token } });
    expect([refused.codes, refused.errors[0]?.message]).toEqual([
      ['BAD_USER_INPUT'],
      expect.stringContaining('Cannot query field "typedNew"'),
    ]);
    expect((await read(query, {}, token)).errors).toEqual([]);
  });
});

function expectedOf(query: string, key: string, source: string): object {
  const attributes = [{ key }];
  if (query === ENTITY) {
    return { entity: { attributes, text: `value of ${key}`, freshness: { source, stale: false } } };
  }
  if (query === PAGE) return { entities: { edges: [{ node: { attributes } }], freshness: { source } } };
  return { analytics: { count: { count: 1, freshness: { source } } } };
}

describe('an attribute whose definition has not arrived', () => {
  it('is in the list of an entity that is read without a token', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id, key } = await writeNew();
      expect(isKnown(key)).toBe(false);
      const { data, errors } = await read(
        'query ($id: ID!) { entity(id: $id, freshness: { class: REALTIME }) { attributes { key } } }',
        { id },
      );
      expect([errors, data]).toEqual([[], { entity: { attributes: [{ key }] } }]);
    }
  });

  it('fails with INTERNAL if the home shard does not have it for the tenant either, and names nothing', async () => {
    const { id } = await writeNew();
    await processes.told.catalog.define(authorOf(TENANT + 1), [{ key: 'theirs', type: 'TEXT' }]);
    const theirs = processes.told.catalog.forTenant(TENANT + 1).byKey('theirs')?.id;
    await processes.primary.query({
      text: `UPDATE atlas.entity SET attributes = attributes || jsonb_build_object($1::text, 'x') WHERE entity_id = $2`,
      values: [theirs, id],
    });
    const { data, codes, errors } = await read(
      'query ($id: ID!) { entity(id: $id, freshness: { class: REALTIME }) { attributes { key } } }',
      { id },
    );
    expect([data, codes]).toEqual([{ entity: null }, ['INTERNAL']]);
    expect(errors[0]?.message).toMatch(/^Internal error; log id [0-9a-f-]{36}\.$/);
  });

  it('stays hidden if it is retired', async () => {
    const { id, key } = await writeNew();
    await processes.primary.query({
      text: 'UPDATE atlas.attribute_definition SET retired_at = now() WHERE key = $1',
      values: [key],
    });
    const { data } = await read(
      'query ($id: ID!) { entity(id: $id, freshness: { class: REALTIME }) { attributes { key } } }',
      { id },
    );
    expect(data).toEqual({ entity: { attributes: [] } });
  });
});

describe('attribute definitions', () => {
  const QUERY = `query ($key: String!, $freshness: FreshnessInput) {
    attributeDefinition(key: $key, freshness: $freshness) { key }
    attributeDefinitions(filter: { keys: [$key] }, freshness: $freshness) { totalCount } }`;
  const found = (key: string) => ({ attributeDefinition: { key }, attributeDefinitions: { totalCount: 1 } });
  const NONE = { attributeDefinition: null, attributeDefinitions: { totalCount: 0 } };
  const define = async () => {
    serial += 1;
    const key = `defined_${serial}`;
    const token = await defineNew({ key, type: 'TEXT' });
    expect(isKnown(key)).toBe(false);
    return { key, token };
  };

  it('include those of a token, in the argument or in the header', async () => {
    const first = await define();
    expect((await read(QUERY, { key: first.key, freshness: { after: first.token } })).data).toEqual(found(first.key));
    const second = await define();
    expect((await read(QUERY, { key: second.key }, second.token)).data).toEqual(found(second.key));
  });

  it('are those of the home shard with REALTIME, and those in memory with the other classes', async () => {
    const { key } = await define();
    expect((await read(QUERY, { key, freshness: { class: 'INTERACTIVE', maxLagMs: 0 } })).data).toEqual(NONE);
    expect((await read(QUERY, { key, freshness: { class: 'REALTIME' } })).data).toEqual(found(key));
    const other = await define();
    const directive = 'query ($key: String!) { attributeDefinition(key: $key) @freshness(class: REALTIME) { key } }';
    expect((await read(directive, { key: other.key })).data).toEqual({ attributeDefinition: { key: other.key } });
  });
});

describe('a token', () => {
  it('carries the revision of what its tenant sees, not of what others define', async () => {
    const scope = tokenScope(await readSigningKey([processes.primary]), ['s0']);
    const token = await defineNew({ key: 'mine', type: 'TEXT' });
    await processes.told.catalog.define(authorOf(TENANT + 1), [{ key: 'not_mine', type: 'TEXT' }]);
    const again = await defineNew({ key: 'mine', type: 'TEXT' });
    const revision = decodeToken(token, scope).catalogRevision;
    expect(revision).toBeGreaterThan(0);
    expect(decodeToken(again, scope).catalogRevision).toBe(revision);
  });
});

describe('while the home of the catalog is down', () => {
  it('a token that needs definitions from it fails, and one that does not is answered by the replica', async () => {
    const known = await writeNew();
    const requested = { class: 'OPERATIONAL', fallback: 'FAIL', maxWaitMs: 20_000 };
    expect((await read(ENTITY, { ...known, freshness: requested }, known.token)).errors).toEqual([]);
    const { id, key, token } = await writeNew();
    expect(
      (
        await ask(processes.told.handler, ENTITY, {
          variables: { id, key, freshness: { ...requested, after: token } },
        })
      ).errors,
    ).toEqual([]);
    await processes.cluster.primary.stop('immediate');
    const header = await read(ENTITY, { id, key, freshness: requested }, token);
    expect([header.status, header.codes, header.data]).toEqual([503, ['SHARD_UNAVAILABLE'], null]);
    const argument = await read(ENTITY, { id, key, freshness: { ...requested, after: token } });
    expect([argument.codes, argument.data]).toEqual([['SHARD_UNAVAILABLE'], { entity: null }]);
    const listed = await read(
      'query ($id: ID!, $freshness: FreshnessInput) { entity(id: $id, freshness: $freshness) { attributes { key } } }',
      {
        id,
        freshness: requested,
      },
    );
    expect([listed.codes, listed.data]).toEqual([['SHARD_UNAVAILABLE'], { entity: null }]);
    const answered = await read(ENTITY, { id: known.id, key: known.key, freshness: requested }, known.token);
    expect(answered.data).toMatchObject({
      entity: { attributes: [{ key: known.key }], freshness: { source: 'REPLICA' } },
    });
  });
});
