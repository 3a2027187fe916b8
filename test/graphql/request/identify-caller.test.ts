import { createHash, createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { type Authentication, authentication, type TokenVerification } from '../../../src/config/authentication.ts';
import { loadSettings } from '../../../src/config/config.ts';
import { AtlasError } from '../../../src/domain/errors.ts';
import type { GraphQLHttpRequest } from '../../../src/graphql/graphql-handler.ts';
import { callerIdentifier, callerMissing } from '../../../src/graphql/request/identify-caller.ts';
import { RequestReport } from '../../../src/resolvers/request-report.ts';

const SECRET = 'a secret that is long enough for HS256';
const OTHER = 'another secret that is long enough too';
const NOW = Date.UTC(2030, 0, 1);
const NOW_S = NOW / 1000;
const clock = { now: () => NOW };

const base: Authentication = { tokens: null, gateway: null, trustsHeader: false };
const tokens: TokenVerification = { secrets: [SECRET], jwksUrl: null, issuer: null, audience: null, maxAgeS: 3600 };
const withSecret: Authentication = { ...base, tokens };
const trusting: Authentication = { ...base, trustsHeader: true };
const withGateway: Authentication = { ...base, gateway: { secrets: [SECRET], maxSkewMs: 30_000 } };

const usual = { tenant: 7, iat: NOW_S - 60, exp: NOW_S + 60 };

function token(claims: Record<string, unknown>, secret = SECRET): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
}

function request(
  headers: Readonly<Record<string, string>>,
  more: Partial<GraphQLHttpRequest> = {},
): GraphQLHttpRequest {
  return {
    method: 'POST',
    path: '/graphql',
    headers: new Map(Object.entries(headers)),
    body: {},
    rawBody: Buffer.from('{}'),
    search: '',
    signal: new AbortController().signal,
    report: new RequestReport('test'),
    ...more,
  };
}

const bearer = (text: string) => request({ authorization: `Bearer ${text}` });
const identify = (sources: Authentication, from: GraphQLHttpRequest) => callerIdentifier(sources, clock)(from);
const tenantOf = async (sources: Authentication, from: GraphQLHttpRequest) => (await identify(sources, from))?.tenantId;

async function refusal(sources: Authentication, from: GraphQLHttpRequest): Promise<unknown> {
  const error: unknown = await identify(sources, from).catch((thrown: unknown) => thrown);
  return error instanceof AtlasError ? error.code : error;
}

describe('a caller by token', () => {
  it('has the verified tenant, a number or its digits, the subject and what the token grants', async () => {
    expect(await identify(withSecret, bearer(await token(usual)))).toEqual({
      tenantId: 7,
      subject: null,
      grants: null,
      expiresAt: (usual.exp + 5) * 1_000,
    });
    const named = await token({ ...usual, tenant: '8', sub: 'ada', scope: 'read write', roles: ['analytics'] });
    expect(await identify(withSecret, bearer(named))).toEqual({
      tenantId: 8,
      subject: 'ada',
      grants: new Set(['read', 'write', 'analytics']),
      expiresAt: (usual.exp + 5) * 1_000,
    });
  });

  it('is refused, never anonymous, if the token is not valid', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const [header, , signature] = (await token(usual)).split('.');
    for (const text of [
      await token(usual, OTHER),
      `${part({ alg: 'none' })}.${part(usual)}.`,
      `${header}.${part({ ...usual, tenant: 8 })}.${signature}`,
      'nonsense',
      `${await token(usual)} x`,
    ]) {
      expect(await refusal(withSecret, bearer(text))).toBe('UNAUTHENTICATED');
    }
    expect(await refusal(withSecret, request({ authorization: 'Basic abc' }))).toBe('UNAUTHENTICATED');
  });

  it.each([
    ['expired', { exp: NOW_S - 10 }, 'has expired, or is too old; send a new one'],
    ['without expiry', { exp: undefined }, 'has no claim "exp"'],
    ['without time of issue', { iat: undefined }, 'has no claim "iat"'],
    ['of a long time ago', { iat: NOW_S - 3700, exp: NOW_S + 1e6 }, 'has expired, or is too old; send a new one'],
    ['of the future', { iat: NOW_S + 100 }, 'is invalid; send a valid one'],
    ['not valid yet', { nbf: NOW_S + 100 }, 'is invalid; send a valid one'],
  ])('is refused for a token %s', async (_case, claims, message) => {
    const error = identify(withSecret, bearer(await token({ ...usual, ...claims })));
    await expect(error).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: expect.stringContaining(message) });
  });

  it('is refused once the token has expired or is too old, however often it was valid before', async () => {
    for (const { claims, last } of [
      { claims: usual, last: NOW + 64_999 },
      { claims: { ...usual, iat: NOW_S - 3_590, exp: NOW_S + 900 }, last: NOW + 15_999 },
    ]) {
      const moving = { at: NOW, now: () => moving.at };
      const identifyThen = callerIdentifier(withSecret, moving);
      const sent = bearer(await token(claims));
      for (moving.at = NOW; moving.at <= last; moving.at += 1_000) {
        expect((await identifyThen(sent))?.tenantId).toBe(7);
      }
      moving.at = last + 1_000;
      await expect(identifyThen(sent)).rejects.toThrow('has expired, or is too old');
      await expect(identifyThen(sent)).rejects.toThrow('has expired, or is too old');
    }
  });

  it('may use the secret that is being replaced', async () => {
    const rotating = { ...base, tokens: { ...tokens, secrets: [OTHER, SECRET] } };
    expect(await tenantOf(rotating, bearer(await token(usual, SECRET)))).toBe(7);
    expect(await tenantOf(rotating, bearer(await token(usual, OTHER)))).toBe(7);
    expect(await refusal(rotating, bearer(await token(usual, `${SECRET}!`)))).toBe('UNAUTHENTICATED');
    expect(await refusal(rotating, bearer(await token({ ...usual, exp: NOW_S - 10 }, SECRET)))).toBe('UNAUTHENTICATED');
  });

  it('must have the issuer and the audience of the settings', async () => {
    const sources = { ...base, tokens: { ...tokens, issuer: 'https://id.example', audience: 'atlas' } };
    const fitting = { ...usual, iss: 'https://id.example', aud: ['shop', 'atlas'] };
    expect(await tenantOf(sources, bearer(await token(fitting)))).toBe(7);
    for (const other of [{ iss: 'https://other.example' }, { iss: undefined }, { aud: 'shop' }, { aud: undefined }]) {
      expect(await refusal(sources, bearer(await token({ ...fitting, ...other })))).toBe('UNAUTHENTICATED');
    }
  });

  it('must have a tenant', async () => {
    for (const tenant of [undefined, -1, 0, null, [7], '7 ', 1.5]) {
      expect(await refusal(withSecret, bearer(await token({ ...usual, tenant })))).toBe('TENANT_REQUIRED');
    }
  });

  it('cannot be contradicted by the header, nor replaced by it', async () => {
    const headers = { authorization: `Bearer ${await token(usual)}` };
    for (const sources of [withSecret, { ...withSecret, gateway: withGateway.gateway }]) {
      expect(await refusal(sources, request({ ...headers, 'x-tenant-id': '8' }))).toBe('FORBIDDEN');
      expect(await tenantOf(sources, request({ ...headers, 'x-tenant-id': '7' }))).toBe(7);
      expect(await identify(sources, request({ 'x-tenant-id': '7' }))).toBeNull();
    }
  });
});

describe('a caller by a key set', () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.close();
  });

  async function serve(status: number, body: unknown): Promise<string> {
    server = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  }

  const withKeys = (jwksUrl: string): Authentication => ({ ...base, tokens: { ...tokens, secrets: [], jwksUrl } });

  it('is verified by the key that the set names', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const key = await exportJWK(publicKey);
    const sources = withKeys(await serve(200, { keys: [{ ...key, kid: 'k1', alg: 'ES256' }] }));
    const sign = (by: typeof privateKey) => new SignJWT(usual).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(by);
    expect(await tenantOf(sources, bearer(await sign(privateKey)))).toBe(7);
    const stranger = await generateKeyPair('ES256');
    expect(await refusal(sources, bearer(await sign(stranger.privateKey)))).toBe('UNAUTHENTICATED');
    // A public key must never serve as a secret.
    expect(await refusal(sources, bearer(await token(usual, JSON.stringify(key))))).toBe('UNAUTHENTICATED');
  });

  it('is not the token’s fault if the key set cannot be loaded', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const signed = await new SignJWT(usual).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
    expect(await refusal(withKeys(await serve(500, {})), bearer(signed))).toBeInstanceOf(Error);
  });
});

describe('a caller by the signature of a gateway', () => {
  const signed = { 'x-tenant-id': '5', 'x-atlas-subject': 'ada', 'x-atlas-roles': 'read, analytics' };

  function sign(from: GraphQLHttpRequest, secret = SECRET, time: number | string = NOW): GraphQLHttpRequest {
    const body = createHash('sha256').update(from.rawBody).digest('hex');
    const headers = ['x-tenant-id', 'x-atlas-subject', 'x-atlas-roles'].map((name) => from.headers.get(name) ?? '');
    const text = [time, from.method, from.path, ...headers, body].join('\n');
    const signature = createHmac('sha256', secret).update(text).digest('hex');
    return { ...from, headers: new Map([...from.headers, ['x-atlas-signature', `t=${time},v1=${signature}`]]) };
  }

  it('has the tenant, the subject and the roles that the gateway names', async () => {
    expect(await identify(withGateway, sign(request(signed)))).toEqual({
      tenantId: 5,
      subject: 'ada',
      grants: new Set(['read', 'analytics']),
      expiresAt: null,
    });
    expect(await tenantOf(withGateway, sign(request({ 'x-tenant-id': '5' })))).toBe(5);
  });

  it('is nobody without a signature, whatever the header says', async () => {
    expect(await identify(withGateway, request(signed))).toBeNull();
    expect(await identify(withGateway, sign(request({})))).toBeNull();
  });

  it.each<[string, (from: GraphQLHttpRequest) => GraphQLHttpRequest]>([
    ['another secret', (from) => sign(from, OTHER)],
    ['another time than now', (from) => sign(from, SECRET, NOW - 31_000)],
    ['the future', (from) => sign(from, SECRET, NOW + 31_000)],
    ['no time', (from) => sign(from, SECRET, 'now')],
    ['another body', (from) => ({ ...sign(from), rawBody: Buffer.from('{"query":"mutation"}') })],
    ['another method', (from) => ({ ...sign(from), method: 'GET' })],
    ['another path', (from) => ({ ...sign(from), path: '/graphql?query={__typename}' })],
    ...['x-tenant-id', 'x-atlas-subject', 'x-atlas-roles'].map(
      (name): [string, (from: GraphQLHttpRequest) => GraphQLHttpRequest] => [
        `another ${name}`,
        (from) => ({ ...sign(from), headers: new Map([...sign(from).headers, [name, '6']]) }),
      ],
    ),
    [
      'half a signature',
      (from) => ({ ...from, headers: new Map([...from.headers, ['x-atlas-signature', `t=${NOW},v1=ab`]]) }),
    ],
  ])('is refused with the signature of %s', async (_case, change) => {
    expect(await refusal(withGateway, change(request(signed)))).toBe('UNAUTHENTICATED');
  });

  it('may use the secret that is being replaced', async () => {
    const rotating = { ...base, gateway: { secrets: [OTHER, SECRET], maxSkewMs: 30_000 } };
    expect(await tenantOf(rotating, sign(request(signed), SECRET))).toBe(5);
    expect(await tenantOf(rotating, sign(request(signed), OTHER))).toBe(5);
  });
});

describe('a caller by header alone', () => {
  it('is used only if the server trusts it', async () => {
    const from = request({ 'x-tenant-id': '5' });
    expect(await tenantOf(trusting, from)).toBe(5);
    for (const sources of [base, withSecret, withGateway]) expect(await identify(sources, from)).toBeNull();
  });

  it('must be a tenant’s number', async () => {
    for (const text of ['', '0', '-1', 'abc', '1.5', '2147483648', '1, 2']) {
      expect(await refusal(trusting, request({ 'x-tenant-id': text }))).toBe('TENANT_REQUIRED');
    }
  });

  it('is not trusted any more once something is verified', () => {
    const environment = { ATLAS_TRUST_TENANT_HEADER: 'true' };
    expect(authentication(loadSettings(environment)).trustsHeader).toBe(true);
    for (const proof of [{ ATLAS_JWT_SECRET: SECRET }, { ATLAS_GATEWAY_SECRET: SECRET }]) {
      expect(authentication(loadSettings({ ...environment, ...proof })).trustsHeader).toBe(false);
    }
  });
});

describe('a request that names nobody', () => {
  it.each<[Authentication, string, string]>([
    [trusting, 'TENANT_REQUIRED', 'x-tenant-id'],
    [withSecret, 'UNAUTHENTICATED', 'Bearer'],
    [withGateway, 'UNAUTHENTICATED', 'x-atlas-signature'],
    [base, 'TENANT_REQUIRED', 'ATLAS_JWT_SECRET'],
  ])('is told what the server requires', (sources, code, message) => {
    expect(callerMissing(sources)).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
