import { errors, type JWTPayload } from 'jose';
import type { Authentication } from '../../config/authentication.ts';
import type { Caller } from '../../domain/caller.ts';
import { AtlasError } from '../../domain/errors.ts';
import { parseTenantId, type TenantId } from '../../domain/identifiers.ts';
import type { Clock } from '../../lib/clock.ts';
import type { GraphQLHttpRequest } from '../graphql-handler.ts';
import { checkSignature, SIGNATURE_HEADER } from './gateway-signature.ts';
import { CLOCK_TOLERANCE_S, type TokenVerifier, tokenVerifier } from './token-verifier.ts';

/**
 * Who sends a request; null if it names nobody.
 * @throws AtlasError UNAUTHENTICATED (an invalid proof never makes an anonymous request), TENANT_REQUIRED (a proof or header
 * without a valid tenant), FORBIDDEN (token and header disagree)
 */
export type CallerIdentifier = (request: GraphQLHttpRequest) => Promise<Caller | null>;

/** As many as OpenID Connect permits (Core 1.0, section 2). */
const MAX_SUBJECT_LENGTH = 255;

const KEY_SET_FAULTS: ReadonlySet<string> = new Set([
  errors.JWKSTimeout.code,
  errors.JWKSInvalid.code,
  errors.JOSEError.code,
]);

/**
 * A bearer token is verified if the server has a key, a signature if it has the gateway's secret. The header x-tenant-id alone
 * names a tenant only if the server has neither and trusts it.
 */
export function callerIdentifier(sources: Authentication, clock: Clock): CallerIdentifier {
  const { tokens, gateway, trustsHeader } = sources;
  const verify = tokens === null ? null : tokenVerifier(tokens, clock);
  const maxAgeS = tokens?.maxAgeS ?? 0;
  return async (request) => {
    const { headers } = request;
    const authorization = headers.get('authorization');
    const byToken =
      verify === null || authorization === undefined ? null : await tokenCaller(verify, authorization, maxAgeS);
    const signed = gateway !== null && headers.has(SIGNATURE_HEADER);
    if (signed) checkSignature(request, gateway, clock.now());
    const byHeader = signed || trustsHeader ? headerCaller(headers) : null;
    const named = headers.get('x-tenant-id');
    if (byToken !== null && named !== undefined && headerTenant(named) !== byToken.tenantId) {
      throw new AtlasError(
        'FORBIDDEN',
        'The header x-tenant-id names another tenant than the token; omit the header.',
        {
          hint: 'Omit the header x-tenant-id: the token names the tenant.',
        },
      );
    }
    return byToken ?? byHeader;
  };
}

/** The error for a request that names nobody. */
export function callerMissing({ tokens, gateway, trustsHeader }: Authentication): AtlasError {
  if (trustsHeader) {
    return new AtlasError(
      'TENANT_REQUIRED',
      'The request names no tenant; send its number in the header x-tenant-id.',
      {
        hint: 'Send the header x-tenant-id with the number of the tenant.',
      },
    );
  }
  const proofs = [
    ...(tokens === null ? [] : ['the header "authorization: Bearer <token>", with the claim "tenant" in the token']),
    ...(gateway === null ? [] : [`the headers x-tenant-id and ${SIGNATURE_HEADER} of a gateway`]),
  ];
  if (proofs.length > 0) {
    return new AtlasError('UNAUTHENTICATED', `The request is anonymous; send ${proofs.join(', or ')}.`, {
      hint: `Send ${proofs.join(', or ')}.`,
    });
  }
  return new AtlasError(
    'TENANT_REQUIRED',
    'The server cannot identify tenants; it requires ATLAS_JWT_SECRET, ATLAS_JWKS_URL, ATLAS_GATEWAY_SECRET or ATLAS_TRUST_TENANT_HEADER.',
    { hint: 'Whoever runs the server has to set one of these.' },
  );
}

async function tokenCaller(verify: TokenVerifier, authorization: string, maxAgeS: number): Promise<Caller> {
  const token = /^Bearer +([^ ]+) *$/i.exec(authorization)?.[1];
  if (token === undefined) {
    throw new AtlasError('UNAUTHENTICATED', 'Malformed header authorization; expected "Bearer <token>".');
  }
  const { tenant, sub, scope, roles, exp = 0, iat = 0 } = await verified(verify, token);
  if (typeof tenant !== 'number' && typeof tenant !== 'string') {
    throw new AtlasError('TENANT_REQUIRED', 'The token has no claim "tenant"; expected the number of the tenant.');
  }
  return {
    tenantId: usableTenant(String(tenant), 'The claim "tenant" of the token'),
    subject: usableSubject(sub, 'The claim "sub" of the token', 'UNAUTHENTICATED'),
    grants: scope === undefined && roles === undefined ? null : new Set([...names(scope), ...names(roles)]),
    expiresAt: (Math.min(exp, iat + maxAgeS) + CLOCK_TOLERANCE_S) * 1_000,
  };
}

/** A claim is a list of names, or names separated by spaces (RFC 8693, section 4.2). */
function names(claim: unknown): string[] {
  if (Array.isArray(claim)) return claim.filter((name) => typeof name === 'string');
  return typeof claim === 'string' ? claim.split(/[ ,]+/).filter((name) => name !== '') : [];
}

async function verified(verify: TokenVerifier, token: string): Promise<JWTPayload> {
  try {
    return await verify(token);
  } catch (error) {
    if (!isTokenFault(error)) throw error;
    throw new AtlasError('UNAUTHENTICATED', `The bearer token ${problemOf(error)}.`, { cause: error });
  }
}

function problemOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'has expired, or is too old; send a new one';
  if (error instanceof errors.JWTClaimValidationFailed && error.reason === 'missing') {
    return `has no claim "${error.claim}"; send one that has it`;
  }
  return 'is invalid; send a valid one';
}

/** Failure to load the key set is not the token's fault. */
function isTokenFault(error: unknown): error is errors.JOSEError {
  return error instanceof errors.JOSEError && !KEY_SET_FAULTS.has(error.code);
}

function headerCaller(headers: ReadonlyMap<string, string>): Caller | null {
  const tenant = headers.get('x-tenant-id');
  if (tenant === undefined) return null;
  // Empty as good as not sent: a signature does not tell them apart.
  const roles = headers.get('x-atlas-roles') || null;
  return {
    tenantId: headerTenant(tenant),
    subject: usableSubject(headers.get('x-atlas-subject'), 'The header x-atlas-subject', 'BAD_USER_INPUT'),
    grants: roles === null ? null : new Set(names(roles)),
    expiresAt: null,
  };
}

/** It is stored with each write. */
function usableSubject(subject: unknown, where: string, code: 'UNAUTHENTICATED' | 'BAD_USER_INPUT'): string | null {
  if (subject === undefined) return null;
  if (typeof subject === 'string' && subject.length <= MAX_SUBJECT_LENGTH) return subject;
  throw new AtlasError(code, `${where} is not valid; expected a text of at most ${MAX_SUBJECT_LENGTH} characters.`);
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
