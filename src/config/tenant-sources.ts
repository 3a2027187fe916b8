import type { Settings } from './settings.ts';

/** What the server trusts to name the tenant of a request. With neither key, tokens are ignored. */
export interface TenantSources {
  /** Verifies tokens with HS256, unless there is a key set. */
  readonly jwtSecret: string | null;
  /** URL of the key set that verifies tokens with RS256, ES256 or EdDSA. */
  readonly jwksUrl: string | null;
  /** The issuer and the audience that a token must have; null: any. */
  readonly issuer: string | null;
  readonly audience: string | null;
  /** Whether the header x-tenant-id is trusted. */
  readonly header: boolean;
}

export function tenantSources(settings: Settings): TenantSources {
  return {
    jwtSecret: settings.ATLAS_JWT_SECRET ?? null,
    jwksUrl: settings.ATLAS_JWKS_URL ?? null,
    issuer: settings.ATLAS_JWT_ISSUER ?? null,
    audience: settings.ATLAS_JWT_AUDIENCE ?? null,
    header: settings.ATLAS_TRUST_TENANT_HEADER,
  };
}
