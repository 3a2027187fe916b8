import { createHash, createHmac } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { GraphQLHandler } from '../../src/graphql/graphql-handler.ts';
import { send } from '../graphql/support/ask.ts';
import { CatalogInMemory } from '../graphql/support/catalog-in-memory.ts';
import { protocolHandler } from '../graphql/support/protocol-handler.ts';

const CLIENTS = 'the secret that signs the tokens of clients';
const GATEWAY = 'the secret that only the gateway shares';
const OTHER = 'a secret of somebody else, just as long';
const BODY = { query: '{ __typename }' };

const SERVERS = {
  nothing: {},
  header: { ATLAS_TRUST_TENANT_HEADER: 'true' },
  tokens: { ATLAS_JWT_SECRET: CLIENTS },
  gateway: { ATLAS_GATEWAY_SECRET: GATEWAY },
  'tokens and header': { ATLAS_JWT_SECRET: CLIENTS, ATLAS_TRUST_TENANT_HEADER: 'true' },
  'tokens and gateway': { ATLAS_JWT_SECRET: CLIENTS, ATLAS_GATEWAY_SECRET: GATEWAY },
} as const;
type Server = keyof typeof SERVERS;

async function bearer(claims: object = {}, secret = CLIENTS): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const token = new SignJWT({ tenant: 7, iat: now - 10, exp: now + 100, ...claims }).setProtectedHeader({
    alg: 'HS256',
  });
  return `Bearer ${await token.sign(new TextEncoder().encode(secret))}`;
}

function signed(headers: Record<string, string>, secret = GATEWAY): Record<string, string> {
  const [time, bodyHash] = [Date.now(), createHash('sha256').update(JSON.stringify(BODY)).digest('hex')];
  const covered = ['x-tenant-id', 'x-atlas-subject', 'x-atlas-roles'].map((name) => headers[name] ?? '');
  const text = [time, 'POST', '/graphql', ...covered, bodyHash].join('\n');
  return { ...headers, 'x-atlas-signature': `t=${time},v1=${createHmac('sha256', secret).update(text).digest('hex')}` };
}

/** What each server answers, in the order of SERVERS: the status, which is 200 only for a caller of tenant 7. */
const MATRIX: [string, () => Promise<Record<string, string>>, number[]][] = [
  ['nothing', async () => ({}), [400, 400, 401, 401, 401, 401]],
  ['the header', async () => ({ 'x-tenant-id': '7' }), [400, 200, 401, 401, 401, 401]],
  ['a token', async () => ({ authorization: await bearer() }), [400, 400, 200, 401, 200, 200]],
  [
    'a token and its tenant',
    async () => ({ authorization: await bearer(), 'x-tenant-id': '7' }),
    [400, 200, 200, 401, 200, 200],
  ],
  [
    'a token and another tenant',
    async () => ({ authorization: await bearer({ tenant: 8 }), 'x-tenant-id': '7' }),
    [400, 200, 403, 401, 403, 403],
  ],
  [
    'a token whose subject is no text',
    async () => ({ authorization: await bearer({ sub: 5 }) }),
    [400, 400, 401, 401, 401, 401],
  ],
  [
    'a token whose subject is too long',
    async () => ({ authorization: await bearer({ sub: 'x'.repeat(256) }) }),
    [400, 400, 401, 401, 401, 401],
  ],
  [
    'the header and a subject that is too long',
    async () => ({ 'x-tenant-id': '7', 'x-atlas-subject': 'x'.repeat(256) }),
    [400, 400, 401, 401, 401, 401],
  ],
  [
    'a token of another secret',
    async () => ({ authorization: await bearer({}, OTHER) }),
    [400, 400, 401, 401, 401, 401],
  ],
  [
    'a token signed with the gateway’s secret',
    async () => ({ authorization: await bearer({}, GATEWAY) }),
    [400, 400, 401, 401, 401, 401],
  ],
  [
    'a token that has expired',
    async () => ({ authorization: await bearer({ exp: 1 }) }),
    [400, 400, 401, 401, 401, 401],
  ],
  [
    'a token without expiry',
    async () => ({ authorization: await bearer({ exp: undefined }) }),
    [400, 400, 401, 401, 401, 401],
  ],
  [
    'a token without tenant',
    async () => ({ authorization: await bearer({ tenant: undefined }) }),
    [400, 400, 400, 401, 400, 400],
  ],
  ['a token in a cookie', async () => ({ cookie: `authorization=${await bearer()}` }), [400, 400, 401, 401, 401, 401]],
  [
    'another scheme',
    async () => ({ authorization: (await bearer()).replace('Bearer', 'Basic') }),
    [400, 400, 401, 401, 401, 401],
  ],
  ['a signature', async () => signed({ 'x-tenant-id': '7' }), [400, 200, 401, 200, 401, 200]],
  ['a signature of another secret', async () => signed({ 'x-tenant-id': '7' }, OTHER), [400, 200, 401, 401, 401, 401]],
  [
    'a signature with the clients’ secret',
    async () => signed({ 'x-tenant-id': '7' }, CLIENTS),
    [400, 200, 401, 401, 401, 401],
  ],
  [
    'a signature for another tenant',
    async () => ({ ...signed({ 'x-tenant-id': '8' }), 'x-tenant-id': '7' }),
    [400, 200, 401, 401, 401, 401],
  ],
  [
    'a signature and a token of its tenant',
    async () => ({ ...signed({ 'x-tenant-id': '7' }), authorization: await bearer() }),
    [400, 200, 200, 200, 200, 200],
  ],
  [
    'a signature and a token of another tenant',
    async () => ({ ...signed({ 'x-tenant-id': '7' }), authorization: await bearer({ tenant: 8 }) }),
    [400, 200, 403, 200, 403, 403],
  ],
  [
    'a signature and a bad token',
    async () => ({ ...signed({ 'x-tenant-id': '7' }), authorization: await bearer({}, OTHER) }),
    [400, 200, 401, 200, 401, 401],
  ],
];

describe.each(Object.keys(SERVERS) as Server[])('a server that knows callers by %s', (server) => {
  const seen: number[] = [];
  const empty = new CatalogInMemory();
  const catalog = {
    forTenant: (tenant: number) => {
      seen.push(tenant);
      return empty.forTenant(tenant);
    },
  };
  const handler: GraphQLHandler = protocolHandler({ environment: SERVERS[server], defaultTenant: null, catalog });
  const column = Object.keys(SERVERS).indexOf(server);

  it.each(MATRIX)('answers a request with %s', async (_case, headersOf, statuses) => {
    seen.length = 0;
    const headers = { 'content-type': 'application/json', ...(await headersOf()) };
    const { status, data } = await send(handler, { method: 'POST', headers, body: BODY, search: '' });
    expect(status).toBe(statuses[column]);
    expect(data).toEqual(status === 200 ? { __typename: 'Query' } : null);
    expect(new Set(seen)).toEqual(new Set(status === 200 ? [7] : []));
  });
});
