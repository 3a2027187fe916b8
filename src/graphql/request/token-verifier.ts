import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { TokenVerification } from '../../config/authentication.ts';
import type { Clock } from '../../lib/clock.ts';

/** The claims of a valid token. @throws errors.JOSEError */
export type TokenVerifier = (token: string) => Promise<JWTPayload>;

/** How far the clock of an issuer may be from the server's. */
export const CLOCK_TOLERANCE_S = 5;
/** Clients send the same token with each request. A key that is withdrawn counts for so much longer. */
const REMEMBERED_MS = 60_000;
/** Of the texts of tokens in memory. */
const REMEMBERED_CHARACTERS = 4_000_000;

interface Verified {
  readonly payload: JWTPayload;
  /** Until when it need not be verified again: never later than the token is valid. */
  readonly until: number;
}

/** Verifies a token at its first use, and again once a minute. */
export function tokenVerifier(verification: TokenVerification, clock: Clock): TokenVerifier {
  const verify = verifierAt(verification);
  const { maxAgeS } = verification;
  const known = new LRUCache<string, Verified>({
    maxSize: REMEMBERED_CHARACTERS,
    sizeCalculation: (_, token) => token.length,
  });
  return async (token) => {
    const now = clock.now();
    const before = known.get(token);
    if (before !== undefined && now < before.until) return before.payload;
    known.delete(token);
    const payload = await verify(token, new Date(now));
    const { exp = 0, iat = 0 } = payload;
    known.set(token, { payload, until: Math.min(now + REMEMBERED_MS, exp * 1_000, (iat + maxAgeS) * 1_000) });
    return payload;
  };
}

function verifierAt(verification: TokenVerification): (token: string, now: Date) => Promise<JWTPayload> {
  const { secrets, jwksUrl, issuer, audience, maxAgeS } = verification;
  const options = (now: Date): JWTVerifyOptions => ({
    ...(issuer !== null && { issuer }),
    ...(audience !== null && { audience }),
    requiredClaims: ['exp', 'iat'],
    maxTokenAge: maxAgeS,
    clockTolerance: CLOCK_TOLERANCE_S,
    currentDate: now,
  });
  if (jwksUrl !== null) {
    const keys = createRemoteJWKSet(new URL(jwksUrl));
    return async (token, now) =>
      (await jwtVerify(token, keys, { ...options(now), algorithms: ['RS256', 'ES256', 'EdDSA'] })).payload;
  }
  const keys = secrets.map((secret) => new TextEncoder().encode(secret));
  return async (token, now) => {
    for (const [index, key] of keys.entries()) {
      try {
        return (await jwtVerify(token, key, { ...options(now), algorithms: ['HS256'] })).payload;
      } catch (error) {
        const isOfAnother = error instanceof errors.JWSSignatureVerificationFailed;
        if (!isOfAnother || index === keys.length - 1) throw error;
      }
    }
    throw new RangeError('There is no secret to verify with');
  };
}
