import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import type { TenantSources } from '../../config/tenant-sources.ts';
import { AtlasError } from '../../domain/errors.ts';
import { parseTenantId, type TenantId } from '../../domain/identifiers.ts';

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
export function tenantIdentifier(sources: TenantSources): TenantIdentifier {
  const verify = tokenVerifier(sources);
  return async (headers) => {
    const authorization = headers.get('authorization');
    const fromToken = verify === null || authorization === undefined ? null : await tokenTenant(verify, authorization);
    const header = sources.header ? headers.get('x-tenant-id') : undefined;
    const fromHeader = header === undefined ? null : headerTenant(header);
    if (fromToken !== null && fromHeader !== null && fromToken !== fromHeader) {
      throw new AtlasError('FORBIDDEN', 'The header x-tenant-id names another tenant than the token; omit the header.');
    }
    return fromToken ?? fromHeader;
  };
}

/** The error for a request without a tenant. */
export function tenantMissing({ jwtSecret, jwksUrl, header }: TenantSources): AtlasError {
  if (header) {
    return new AtlasError('TENANT_REQUIRED', 'The request names no tenant; send its number in the header x-tenant-id.');
  }
  if (jwtSecret === null && jwksUrl === null) {
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

function tokenVerifier({ jwtSecret, jwksUrl, issuer, audience }: TenantSources): Verifier | null {
  const claims = { ...(issuer !== null && { issuer }), ...(audience !== null && { audience }) };
  if (jwksUrl !== null) {
    const keys = createRemoteJWKSet(new URL(jwksUrl));
    return async (token) =>
      (await jwtVerify(token, keys, { ...claims, algorithms: ['RS256', 'ES256', 'EdDSA'] })).payload;
  }
  if (jwtSecret === null) return null;
  const secret = new TextEncoder().encode(jwtSecret);
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
