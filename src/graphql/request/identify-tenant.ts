import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Settings } from '../../config/settings.ts';
import { AtlasError } from '../../domain/errors.ts';
import { parseTenantId, type TenantId } from '../../domain/identifiers.ts';

export type TenantSettings = Pick<
  Settings,
  'ATLAS_JWT_SECRET' | 'ATLAS_JWKS_URL' | 'ATLAS_JWT_ISSUER' | 'ATLAS_JWT_AUDIENCE' | 'ATLAS_TRUST_TENANT_HEADER'
>;

/**
 * The tenant of a request; null if it names none.
 * @throws AtlasError UNAUTHENTICATED (an invalid token never makes an anonymous request), TENANT_REQUIRED (a token or header
 * without a valid tenant), FORBIDDEN (token and header disagree)
 */
export type TenantIdentifier = (headers: ReadonlyMap<string, string>) => Promise<TenantId | null>;

type Verifier = (token: string) => Promise<JWTPayload>;

const KEY_SET_FAULTS: ReadonlySet<string> = new Set([
  errors.JWKSTimeout.code,
  errors.JWKSInvalid.code,
  errors.JOSEError.code,
]);

/** Tokens are verified only if the server has a key; the header is read only if the server trusts it. */
export function tenantIdentifier(settings: TenantSettings): TenantIdentifier {
  const verify = tokenVerifier(settings);
  return async (headers) => {
    const authorization = headers.get('authorization');
    const fromToken = verify === null || authorization === undefined ? null : await tokenTenant(verify, authorization);
    const header = settings.ATLAS_TRUST_TENANT_HEADER ? headers.get('x-tenant-id') : undefined;
    const fromHeader = header === undefined ? null : headerTenant(header);
    if (fromToken !== null && fromHeader !== null && fromToken !== fromHeader) {
      throw new AtlasError('FORBIDDEN', 'The header x-tenant-id names another tenant than the token; omit the header.');
    }
    return fromToken ?? fromHeader;
  };
}

/** The error for a request without a tenant. */
export function tenantMissing({
  ATLAS_JWT_SECRET,
  ATLAS_JWKS_URL,
  ATLAS_TRUST_TENANT_HEADER,
}: TenantSettings): AtlasError {
  if (ATLAS_TRUST_TENANT_HEADER) {
    return new AtlasError('TENANT_REQUIRED', 'The request names no tenant; send its number in the header x-tenant-id.');
  }
  if (ATLAS_JWT_SECRET === undefined && ATLAS_JWKS_URL === undefined) {
    return new AtlasError(
      'TENANT_REQUIRED',
      'The server cannot identify tenants; it requires ATLAS_JWT_SECRET, ATLAS_JWKS_URL or ATLAS_TRUST_TENANT_HEADER.',
    );
  }
  return new AtlasError(
    'UNAUTHENTICATED',
    'The request is anonymous; send the header "authorization: Bearer <token>", with the claim "tenant" in the token.',
  );
}

function tokenVerifier(settings: TenantSettings): Verifier | null {
  const { ATLAS_JWT_SECRET, ATLAS_JWKS_URL, ATLAS_JWT_ISSUER: issuer, ATLAS_JWT_AUDIENCE: audience } = settings;
  const claims = { ...(issuer !== undefined && { issuer }), ...(audience !== undefined && { audience }) };
  if (ATLAS_JWKS_URL !== undefined) {
    const keys = createRemoteJWKSet(new URL(ATLAS_JWKS_URL));
    return async (token) =>
      (await jwtVerify(token, keys, { ...claims, algorithms: ['RS256', 'ES256', 'EdDSA'] })).payload;
  }
  if (ATLAS_JWT_SECRET === undefined) return null;
  const secret = new TextEncoder().encode(ATLAS_JWT_SECRET);
  return async (token) => (await jwtVerify(token, secret, { ...claims, algorithms: ['HS256'] })).payload;
}

async function tokenTenant(verify: Verifier, authorization: string): Promise<TenantId> {
  const token = /^Bearer +([^ ]+) *$/i.exec(authorization)?.[1];
  if (token === undefined) {
    throw new AtlasError('UNAUTHENTICATED', 'Malformed header authorization; expected "Bearer <token>".');
  }
  const { tenant } = await verified(verify, token);
  if (typeof tenant !== 'number' && typeof tenant !== 'string') {
    throw new AtlasError('TENANT_REQUIRED', 'The token has no claim "tenant"; expected the number of the tenant.');
  }
  return usableTenant(String(tenant), 'The claim "tenant" of the token');
}

async function verified(verify: Verifier, token: string): Promise<JWTPayload> {
  try {
    return await verify(token);
  } catch (error) {
    if (!isTokenFault(error)) throw error;
    const reason = error instanceof errors.JWTExpired ? 'has expired; send a new one' : 'is invalid; send a valid one';
    throw new AtlasError('UNAUTHENTICATED', `The bearer token ${reason}.`, { cause: error });
  }
}

/** Failure to load the key set is not the token's fault. */
function isTokenFault(error: unknown): error is errors.JOSEError {
  return error instanceof errors.JOSEError && !KEY_SET_FAULTS.has(error.code);
}

function headerTenant(text: string): TenantId {
  return usableTenant(text.trim(), 'The header x-tenant-id');
}

function usableTenant(text: string, where: string): TenantId {
  try {
    return parseTenantId(text);
  } catch (error) {
    throw new AtlasError(
      'TENANT_REQUIRED',
      `${where} is not a tenant id; expected a whole number from 1 to 2147483647.`,
      { cause: error },
    );
  }
}
