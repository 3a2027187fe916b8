import type { Settings } from './settings.ts';

/** What the server takes for proof of who sends a request. */
export interface Authentication {
  /** Null if bearer tokens are ignored. */
  readonly tokens: TokenVerification | null;
  /** Null if no gateway signs its requests. */
  readonly gateway: GatewayProof | null;
  /** Whether the header x-tenant-id is taken as it is. Never together with one of the others. */
  readonly trustsHeader: boolean;
}

export interface TokenVerification {
  /** Verifies with HS256: the secret in use, and one that is being replaced. Empty if there is a key set. */
  readonly secrets: readonly string[];
  /** URL of the key set that verifies with RS256, ES256 or EdDSA. */
  readonly jwksUrl: string | null;
  /** The issuer and the audience that a token must have; null if they are not checked. Never null with a key set. */
  readonly issuer: string | null;
  readonly audience: string | null;
  /** How long after its issue (claim `iat`) a token is accepted, in seconds. */
  readonly maxAgeS: number;
}

export interface GatewayProof {
  /** The secret in use, and one that is being replaced. */
  readonly secrets: readonly string[];
  /** How far the time of a signature may be from the server's clock. */
  readonly maxSkewMs: number;
}

export function authentication(settings: Settings): Authentication {
  const tokens = tokenVerification(settings);
  const gateway = gatewayProof(settings);
  return { tokens, gateway, trustsHeader: settings.ATLAS_TRUST_TENANT_HEADER && tokens === null && gateway === null };
}

function tokenVerification(settings: Settings): TokenVerification | null {
  const secrets = given(settings.ATLAS_JWT_SECRET, settings.ATLAS_JWT_SECRET_PREVIOUS);
  const jwksUrl = settings.ATLAS_JWKS_URL ?? null;
  if (jwksUrl === null && secrets.length === 0) return null;
  return {
    secrets: jwksUrl === null ? secrets : [],
    jwksUrl,
    issuer: settings.ATLAS_JWT_ISSUER ?? null,
    audience: settings.ATLAS_JWT_AUDIENCE ?? null,
    maxAgeS: settings.ATLAS_JWT_MAX_AGE_S,
  };
}

function gatewayProof(settings: Settings): GatewayProof | null {
  const secrets = given(settings.ATLAS_GATEWAY_SECRET, settings.ATLAS_GATEWAY_SECRET_PREVIOUS);
  return secrets.length === 0 ? null : { secrets, maxSkewMs: settings.ATLAS_GATEWAY_MAX_SKEW_MS };
}

function given(...secrets: (string | undefined)[]): string[] {
  return secrets.filter((secret) => secret !== undefined);
}

/** What is wrong with settings that are valid one by one. */
export function authenticationFaults(settings: Partial<Settings>): string[] {
  const faults: string[] = [];
  if (settings.ATLAS_JWKS_URL !== undefined) {
    for (const name of ['ATLAS_JWT_ISSUER', 'ATLAS_JWT_AUDIENCE'] as const) {
      if (settings[name] === undefined) {
        faults.push(
          `${name} is not set; ATLAS_JWKS_URL needs it, because a key set may sign tokens for other services.`,
        );
      }
    }
  }
  for (const name of ['ATLAS_JWT_SECRET', 'ATLAS_GATEWAY_SECRET'] as const) {
    if (settings[`${name}_PREVIOUS`] !== undefined && settings[name] === undefined) {
      faults.push(`${name} is not set; ${name}_PREVIOUS is only accepted in addition to it.`);
    }
  }
  return faults;
}
