import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import type { TenantSources } from '../../../src/config/tenant-sources.ts';
import { AtlasError } from '../../../src/domain/errors.ts';
import { tenantIdentifier, tenantMissing } from '../../../src/graphql/request/identify-tenant.ts';

const SECRET = 'a secret that is long enough for HS256';
const base: TenantSources = { jwtSecret: null, jwksUrl: null, issuer: null, audience: null, header: false };
const withSecret: TenantSources = { ...base, jwtSecret: SECRET };
const trusting: TenantSources = { ...base, header: true };

function token(claims: Record<string, unknown>, options: { secret?: string; expires?: string } = {}): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(options.expires ?? '1h')
    .sign(new TextEncoder().encode(options.secret ?? SECRET));
}

const bearer = (text: string) => new Map([['authorization', `Bearer ${text}`]]);

async function refusal(sources: TenantSources, headers: ReadonlyMap<string, string>): Promise<unknown> {
  const error: unknown = await tenantIdentifier(sources)(headers).catch((thrown: unknown) => thrown);
  return error instanceof AtlasError ? error.code : error;
}

describe('a tenant by token', () => {
  it('is the verified claim, a number or its digits', async () => {
    expect(await tenantIdentifier(withSecret)(bearer(await token({ tenant: 7 })))).toBe(7);
    expect(await tenantIdentifier(withSecret)(bearer(await token({ tenant: '8' })))).toBe(8);
  });

  it('is refused, never anonymous, if the token is not valid', async () => {
    const forged = await token({ tenant: 7 }, { secret: 'another secret that is long enough too' });
    const expired = await token({ tenant: 7 }, { expires: '-1s' });
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"tenant":7}').toString('base64url')}.`;
    for (const text of [forged, expired, unsigned, 'nonsense', `${forged} x`]) {
      expect(await refusal(withSecret, bearer(text))).toBe('UNAUTHENTICATED');
    }
    expect(await refusal(withSecret, new Map([['authorization', 'Basic abc']]))).toBe('UNAUTHENTICATED');
  });

  it('must have the issuer and the audience of the settings', async () => {
    const sources = { ...withSecret, issuer: 'https://id.example', audience: 'atlas' };
    const fitting = { tenant: 7, iss: 'https://id.example', aud: ['shop', 'atlas'] };
    expect(await tenantIdentifier(sources)(bearer(await token(fitting)))).toBe(7);
    for (const other of [{ iss: 'https://other.example' }, { iss: undefined }, { aud: 'shop' }, { aud: undefined }]) {
      expect(await refusal(sources, bearer(await token({ ...fitting, ...other })))).toBe('UNAUTHENTICATED');
    }
  });

  it('is required in a valid token', async () => {
    expect(await refusal(withSecret, bearer(await token({ sub: 'somebody' })))).toBe('TENANT_REQUIRED');
    expect(await refusal(withSecret, bearer(await token({ tenant: -1 })))).toBe('TENANT_REQUIRED');
    expect(await refusal(withSecret, bearer(await token({ tenant: 0 })))).toBe('TENANT_REQUIRED');
  });

  it('cannot be contradicted by a trusted header', async () => {
    const sources = { ...withSecret, header: true };
    const headers = bearer(await token({ tenant: 7 }));
    expect(await refusal(sources, new Map([...headers, ['x-tenant-id', '8']]))).toBe('FORBIDDEN');
    expect(await tenantIdentifier(sources)(new Map([...headers, ['x-tenant-id', '7']]))).toBe(7);
  });
});

describe('a tenant by a key set', () => {
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

  it('is verified by the key that the set names', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const url = await serve(200, { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] });
    const sources = { ...base, jwksUrl: url };
    const sign = (key: typeof privateKey) =>
      new SignJWT({ tenant: 9 }).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).setExpirationTime('1h').sign(key);
    expect(await tenantIdentifier(sources)(bearer(await sign(privateKey)))).toBe(9);
    const stranger = await generateKeyPair('ES256');
    expect(await refusal(sources, bearer(await sign(stranger.privateKey)))).toBe('UNAUTHENTICATED');
    expect(await refusal(sources, bearer(await token({ tenant: 9 })))).toBe('UNAUTHENTICATED');
  });

  it('is not the token’s fault if the key set cannot be loaded', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const signed = await new SignJWT({ tenant: 9 }).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
    const error = await refusal({ ...base, jwksUrl: await serve(500, {}) }, bearer(signed));
    expect(error).toBeInstanceOf(Error);
  });
});

describe('a tenant by header', () => {
  it('is used only if the server trusts it', async () => {
    const headers = new Map([['x-tenant-id', '5']]);
    expect(await tenantIdentifier(trusting)(headers)).toBe(5);
    expect(await tenantIdentifier(base)(headers)).toBeNull();
    expect(await tenantIdentifier(withSecret)(headers)).toBeNull();
  });

  it('must be a tenant’s number', async () => {
    for (const text of ['', '0', '-1', 'abc', '1.5', '2147483648', '1, 2']) {
      expect(await refusal(trusting, new Map([['x-tenant-id', text]]))).toBe('TENANT_REQUIRED');
    }
  });
});

describe('a request without a tenant', () => {
  it('is told what the server requires', () => {
    expect(tenantMissing(trusting)).toMatchObject({
      code: 'TENANT_REQUIRED',
      message: expect.stringContaining('x-tenant-id'),
    });
    expect(tenantMissing(withSecret)).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('Bearer'),
    });
    expect(tenantMissing(base)).toMatchObject({
      code: 'TENANT_REQUIRED',
      message: expect.stringContaining('ATLAS_JWT_SECRET'),
    });
  });
});
