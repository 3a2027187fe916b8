import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_ROLES } from '../../src/domain/roles.ts';
import { buildBaseSchema, buildSchema } from '../../src/graphql/schema/build-schema.ts';
import { loadSdl } from '../../src/graphql/schema/load-sdl.ts';
import { attribute, entity } from '../support/domain.ts';
import { readFreshness } from '../support/requirement.ts';
import { ask } from './support/ask.ts';
import { CatalogInMemory } from './support/catalog-in-memory.ts';
import { protocolHandler } from './support/protocol-handler.ts';

const BASE = buildBaseSchema(loadSdl());

const SECRET = 'a secret that is long enough for HS256';

const READ = '{ entity(id: 1) { id } }';
const REFERENCE = '{ _entities(representations: [{ __typename: "Entity", id: "1" }]) { ... on Entity { id } } }';
const WRITE = 'mutation { deleteEntity(id: 1) { deleted } }';
const DEFINE = 'mutation { defineAttribute(input: { key: "k", type: TEXT }) { definition { key } } }';
const ANALYTICS = '{ analytics { count { count } } }';

function handlerWith(environment: Record<string, string> = {}) {
  return protocolHandler({
    environment,
    catalog: new CatalogInMemory([attribute()]),
    define: async (_tenant, attributes) => attributes.map(({ key, type }) => attribute({ key, type })),
    reads: {
      entitiesById: async ({ ids }: { ids: readonly string[] }) => ({
        data: ids.map((id) => entity({ id })),
        reads: [readFreshness()],
      }),
      count: async () => ({ data: 3n, reads: [readFreshness()] }),
      entityTypes: async () => ({ data: [], reads: [readFreshness()] }),
    },
    writer: {
      delete: async () => ({ outcome: true, positions: new Map() }),
      upsert: async (_tenant, writes) => ({
        outcome: writes.map(() => ({ status: 'CREATED' as const, entity: entity() })),
        positions: new Map(),
      }),
    },
  });
}

const trusting = { ATLAS_TRUST_TENANT_HEADER: 'true' };

/** Asks with these roles in the gateway's header; null: without the header. */
async function outcome(query: string, roles: string | null, environment: Record<string, string> = {}) {
  const headers = { 'x-tenant-id': '1', ...(roles !== null && { 'x-atlas-roles': roles }) };
  const { status, codes, errors } = await ask(handlerWith({ ...trusting, ...environment }), query, { headers });
  return { status, codes, message: errors[0]?.message };
}

const allowed = { status: 200, codes: [], message: undefined };
const needs = (role: string) => ({
  status: 403,
  codes: ['FORBIDDEN'],
  message: `The request needs the role "${role}".`,
});

describe('the role that a request needs', () => {
  it.each([
    ['read', READ],
    ['read', REFERENCE],
    ['read', '{ entitiesById(ids: [1]) { id } }'],
    ['read', '{ attributeDefinition(key: "score") { key } }'],
    ['read', '{ attributeDefinitions { totalCount } }'],
    ['read', '{ entityTypes { edges { cursor } } }'],
    ['write', WRITE],
    ['write', 'mutation { upsertEntity(input: { id: 1, type: "user", attributes: [] }) { status } }'],
    ['write', 'mutation { upsertEntities(input: []) { consistencyToken } }'],
    ['define', DEFINE],
    ['analytics', ANALYTICS],
  ])('is %s for %s', async (role, query) => {
    expect(await outcome(query, role)).toEqual(allowed);
    expect(await outcome(query, `atlas:${role}`)).toEqual(allowed);
    const others = BUILT_IN_ROLES.filter((other) => other !== role).join(' ');
    expect(await outcome(query, others)).toEqual(needs(role));
  });

  it('is also that of the entities that a write returns', async () => {
    const query = 'mutation { upsertEntity(input: { id: 1, type: "user", attributes: [] }) { entity { id } } }';
    expect(await outcome(query, 'write')).toEqual(needs('read'));
    expect(await outcome(query, 'read write')).toEqual(allowed);
  });

  it('counts wherever a field is selected, unless @skip or @include exclude it', async () => {
    const nested =
      'query { ...A } fragment A on Query { ... on Query { ...B } } fragment B on Query { analytics { count { count } } }';
    expect(await outcome(nested, 'read')).toEqual(needs('analytics'));
    expect(await outcome('{ __typename analytics @skip(if: true) { count { count } } }', 'read')).toEqual(allowed);
    const byDefault = 'query ($all: Boolean = false) { __typename analytics @include(if: $all) { count { count } } }';
    expect(await outcome(byDefault, 'read')).toEqual(allowed);
    expect(await outcome(byDefault.replace('false', 'true'), 'read')).toEqual(needs('analytics'));
  });

  it('is none for the type of a field, introspection and the state of replication', async () => {
    for (const query of ['{ __typename }', '{ __schema { queryType { name } } }', '{ replication { health } }']) {
      expect(await outcome(query, 'none')).toEqual(allowed);
    }
  });

  it('is in the SDL for every field of Query and Mutation', () => {
    const schema = buildSchema(BASE, []);
    const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
      Object.values(type?.getFields() ?? {}).filter(({ name }) => !name.startsWith('_')),
    );
    const open = fields.filter(
      ({ astNode }) =>
        !astNode?.directives?.some(({ name }) => ['requiresScopes', 'authenticated'].includes(name.value)),
    );
    expect(open.map(({ name }) => name)).toEqual([]);
  });

  it('refuses all of a request that lacks one, so that nothing of it is written', async () => {
    const both =
      'mutation { deleteEntity(id: 1) { deleted } defineAttribute(input: { key: "k", type: TEXT }) { definition { key } } }';
    expect(await outcome(both, 'write')).toEqual(needs('define'));
  });
});

describe('the roles of a caller', () => {
  it('are all but operate without a claim, unless the setting says otherwise', async () => {
    for (const query of [READ, WRITE, DEFINE, ANALYTICS]) expect(await outcome(query, null)).toEqual(allowed);
    expect(await outcome(WRITE, null, { ATLAS_DEFAULT_ROLES: 'read' })).toEqual(needs('write'));
    expect(await outcome(READ, null, { ATLAS_DEFAULT_ROLES: 'none' })).toEqual(needs('read'));
  });

  it('are none if the claim names none', async () => {
    expect(await outcome(READ, 'none')).toEqual(needs('read'));
    expect(await outcome(READ, 'openid profile')).toEqual(needs('read'));
  });

  it('are the default if the header is empty, since a signature does not tell that from a missing one', async () => {
    expect(await outcome(READ, '')).toEqual(allowed);
  });

  it('follow the mapping, which replaces the role of the same name', async () => {
    const environment = { ATLAS_ROLE_MAPPING: '{"staff": ["read", "write"], "define": []}' };
    expect(await outcome(READ, 'staff', environment)).toEqual(allowed);
    expect(await outcome(WRITE, 'staff', environment)).toEqual(allowed);
    expect(await outcome(DEFINE, 'staff define', environment)).toEqual(needs('define'));
  });

  it.each([
    [{ scope: 'openid atlas:read' }, allowed],
    [{ roles: ['read'] }, allowed],
    [{ scope: 'openid' }, needs('read')],
    [{}, allowed],
  ])('come from the claims %j of a token', async (claims, expected) => {
    const token = await new SignJWT({ tenant: 1, ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt()
      .setExpirationTime('1 minute')
      .sign(new TextEncoder().encode(SECRET));
    const { status, codes, errors } = await ask(handlerWith({ ATLAS_JWT_SECRET: SECRET }), READ, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect({ status, codes, message: errors[0]?.message }).toEqual(expected);
  });
});

describe('a write that defines an attribute', () => {
  const query =
    'mutation { upsertEntities(input: [{ id: 1, type: "user", attributes: [{ key: "fresh", text: "a" }] }]) { results { error { code } } } }';

  it('needs the role define; without it, the key is unknown', async () => {
    const environment = { ...trusting, ATLAS_IMPLICIT_ATTRIBUTES: 'true' };
    const catalog = new CatalogInMemory([]);
    const defined: string[] = [];
    const handler = protocolHandler({
      environment,
      catalog,
      define: async (_tenant, attributes) => {
        const made = attributes.map(({ key, type }) => attribute({ key, type }));
        catalog.replace(made);
        defined.push(...made.map(({ key }) => key));
        return made;
      },
      writer: {
        upsert: async (_tenant, writes) => ({
          outcome: writes.map(() => ({ status: 'CREATED' as const, entity: entity() })),
          positions: new Map(),
        }),
      },
    });
    const as = (roles: string) => ask(handler, query, { headers: { 'x-tenant-id': '1', 'x-atlas-roles': roles } });
    expect((await as('write')).data).toEqual({
      upsertEntities: { results: [{ error: { code: 'ATTRIBUTE_UNKNOWN' } }] },
    });
    expect(defined).toEqual([]);
    expect((await as('write define')).data).toEqual({ upsertEntities: { results: [{ error: null }] } });
    expect(defined).toEqual(['fresh']);
  });
});

it('are required for what the variables of a request include, whatever earlier requests with its document included', async () => {
  const handler = handlerWith(trusting);
  const query =
    'query ($all: Boolean!, $one: Boolean = false) { analytics @include(if: $all) { count { count } } entity(id: 1) @skip(if: $one) { id } }';
  const asked = async (variables: Record<string, unknown>) =>
    (await ask(handler, query, { variables, headers: { 'x-tenant-id': '1', 'x-atlas-roles': 'analytics' } })).status;
  const read = async (roles: string) =>
    (await ask(handler, READ, { headers: { 'x-tenant-id': '1', 'x-atlas-roles': roles } })).status;
  expect(await asked({ all: true, one: true })).toBe(200);
  expect(await asked({ all: true })).toBe(403);
  expect(await asked({ all: false, one: true })).toBe(200);
  expect([await read('read'), await read('define'), await read('read')]).toEqual([200, 403, 200]);
});
