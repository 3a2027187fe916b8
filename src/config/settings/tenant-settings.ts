import { z } from 'zod';
import { flag, setting } from './setting.ts';

/** Whose request it is. */
export const TENANT_SETTINGS = {
  ATLAS_TRUST_TENANT_HEADER: setting(
    flag,
    'false',
    'Trust the header x-tenant-id. Use it only behind a gateway that sets the header. `atlas dev` turns it on.',
  ),
  ATLAS_JWT_SECRET: setting(
    z.string().min(32).optional(),
    undefined,
    'Shared secret (HS256) that verifies bearer tokens. Their claim `tenant` is the tenant.',
    true,
  ),
  ATLAS_JWKS_URL: setting(z.url().optional(), undefined, 'Key set that verifies bearer tokens (RS256, ES256, EdDSA).'),
  ATLAS_JWT_ISSUER: setting(
    z.string().min(1).optional(),
    undefined,
    'If set, the required issuer (claim `iss`) of tokens. Needed if a key set is shared with other services.',
  ),
  ATLAS_JWT_AUDIENCE: setting(
    z.string().min(1).optional(),
    undefined,
    'If set, the required audience (claim `aud`) of tokens.',
  ),
} as const;
