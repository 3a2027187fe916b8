import { describe, expect, it } from 'vitest';
import type { EntityWriter } from '../../src/datasources/entity-writer.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import { attribute, entity } from '../support/domain.ts';
import { readFreshness } from '../support/requirement.ts';
import { ask } from './support/ask.ts';
import { CatalogInMemory } from './support/catalog-in-memory.ts';
import { protocolHandler } from './support/protocol-handler.ts';

const ATTRIBUTES = [
  attribute({ id: 1, key: 'salary', access: { read: ['hr'] } }),
  attribute({ id: 2, key: 'status', filterable: false }),
];
const handler = protocolHandler({
  environment: { ATLAS_TRUST_TENANT_HEADER: 'true', ATLAS_MAX_BATCH_IDS: '2' },
  defaultTenant: null,
  catalog: new CatalogInMemory(ATTRIBUTES),
  reads: { entitiesById: async () => ({ data: [entity()], reads: [readFreshness()] }) },
});
const READER = { 'x-tenant-id': '1', 'x-atlas-roles': 'read' };

async function hintOf(query: string, headers: Readonly<Record<string, string>> = READER): Promise<unknown> {
  const { errors } = await ask(handler, query, { headers });
  expect(errors).toHaveLength(1);
  return errors[0]?.extensions.hint;
}

describe('extensions.hint of an error', () => {
  it.each([
    [
      'a misspelled key',
      '{ entity(id: "1") { text(key: "statsu") } }',
      'Use "status", or define the key with defineAttribute.',
    ],
    [
      'an unknown key',
      '{ entity(id: "1") { text(key: "zzz") } }',
      'attributeDefinitions lists all keys; defineAttribute defines a new one.',
    ],
    [
      'an attribute that cannot be filtered by',
      '{ entities(filter: { attributes: [{ key: "status", text: { eq: "a" } }] }) { totalCount } }',
      'Set filterable: true with updateAttribute, or use another attribute.',
    ],
    [
      'too many ids',
      '{ entitiesById(ids: [1, 2, 3]) { id } }',
      'Ask for fewer ids at once, or have ATLAS_MAX_BATCH_IDS raised.',
    ],
    [
      'a token that is none',
      '{ entity(id: "1", freshness: { after: "none" }) { id } }',
      'Omit the token once: the response has a new one.',
    ],
    [
      'a role that the caller lacks',
      'mutation { deleteEntity(id: "1") { deleted } }',
      'Send a token with that role, or leave out the fields that need it.',
    ],
  ])('says what to do about %s', async (_what, query, hint) => {
    expect(await hintOf(query)).toBe(hint);
  });

  it('says how to name the tenant, when the request is refused as a whole', async () => {
    expect(await hintOf('{ entity(id: "1") { id } }', {})).toBe(
      'Send the header x-tenant-id with the number of the tenant.',
    );
  });

  it('is left out if the message says all there is to say', async () => {
    expect(await hintOf('{ entity(id: "zero") { id } }')).toBeUndefined();
  });

  it('is the same for an attribute that the caller may not see and for one that does not exist', async () => {
    const { errors: hidden } = await ask(handler, '{ entity(id: "1") { text(key: "salary") } }', { headers: READER });
    const { errors: unknown } = await ask(handler, '{ entity(id: "1") { text(key: "zalbry") } }', { headers: READER });
    expect(hidden.map(({ extensions }) => extensions)).toEqual(unknown.map(({ extensions }) => extensions));
    const nearby = await hintOf('{ entity(id: "1") { text(key: "salari") } }');
    expect(nearby).not.toContain('salary');
  });
});

it('is the hint of a row that upsertEntities could not write, too', async () => {
  const conflict = new AtlasError('VERSION_CONFLICT', 'Entity 1 has version 2; expected version 1.');
  const writer: Partial<EntityWriter> = {
    upsert: async () => ({ outcome: [{ status: 'FAILED', error: conflict }], positions: new Map() }),
  };
  const query = `mutation { upsertEntities(input: [{ id: "1", type: "user", attributes: [] }]) {
    results { error { code hint } } } }`;
  const { data } = await ask(protocolHandler({ writer }), query);
  const hint = 'Read it again, apply the change to what is there now, and send its version as expectedVersion.';
  expect(data).toEqual({ upsertEntities: { results: [{ error: { code: 'VERSION_CONFLICT', hint } }] } });
});
