import { z } from 'zod';
import { parseRoleMapping } from './role-mapping.ts';
import { flag, positive, setting } from './setting.ts';

const secret = z.string().min(32, 'must have at least 32 characters').optional();

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Keys that travel unencrypted could be replaced on their way. */
const keySetUrl = z
  .url()
  .refine((text) => {
    if (!URL.canParse(text)) return false;
    const { protocol, hostname } = new URL(text);
    return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
  }, 'must be an https:// URL; http:// is accepted for this host only')
  .refine((text) => {
    if (!URL.canParse(text)) return true;
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, 'must not contain a user or password, with which no key set is read')
  .optional();

const roleMapping = z
  .string()
  .refine((text) => parseRoleMapping(text) !== null, 'must be JSON such as {"staff": ["read", "write"]}');

const roleNames = z.string().transform((text) => (text === 'none' ? [] : text.split(/[ ,]+/).filter(Boolean)));

/** Who sends a request, and whose data it is about. */
export const TENANT_SETTINGS = {
  ATLAS_TRUST_TENANT_HEADER: setting(
    flag,
    'false',
    'Take the header x-tenant-id as it is, for development. No effect if tokens or signatures are verified. `atlas dev` turns it on.',
  ),
  ATLAS_JWT_SECRET: setting(
    secret,
    undefined,
    'Shared secret (HS256) that verifies bearer tokens. Their claim `tenant` is the tenant.',
    true,
  ),
  ATLAS_JWT_SECRET_PREVIOUS: setting(
    secret,
    undefined,
    'Accepted in addition to ATLAS_JWT_SECRET, while that replaces it.',
    true,
  ),
  ATLAS_JWKS_URL: setting(
    keySetUrl,
    undefined,
    'Key set that verifies bearer tokens (RS256, ES256, EdDSA); https. Used instead of ATLAS_JWT_SECRET.',
  ),
  ATLAS_JWT_ISSUER: setting(
    z.string().min(1).optional(),
    undefined,
    'The required issuer (claim `iss`) of tokens. Must be set with ATLAS_JWKS_URL.',
  ),
  ATLAS_JWT_AUDIENCE: setting(
    z.string().min(1).optional(),
    undefined,
    'The required audience (claim `aud`) of tokens. Must be set with ATLAS_JWKS_URL.',
  ),
  ATLAS_JWT_MAX_AGE_S: setting(
    positive,
    '86400',
    'How long after its issue (claim `iat`) a token is accepted, in seconds, however late it expires.',
  ),
  ATLAS_GATEWAY_SECRET: setting(
    secret,
    undefined,
    'Secret with which a gateway signs its requests (HMAC-SHA256). A signed request may name its tenant in x-tenant-id.',
    true,
  ),
  ATLAS_GATEWAY_SECRET_PREVIOUS: setting(
    secret,
    undefined,
    'Accepted in addition to ATLAS_GATEWAY_SECRET, while that replaces it.',
    true,
  ),
  ATLAS_GATEWAY_MAX_SKEW_MS: setting(
    positive,
    '30000',
    'How far the time of a gateway signature may be from the clock of the server. A copied request is accepted that long.',
  ),
  ATLAS_ROLE_MAPPING: setting(
    roleMapping,
    '{}',
    'The roles of names in the claims `scope` and `roles`, or in x-atlas-roles: JSON such as {"staff": ["read", "write"]}. A name that is not listed is a role itself; `atlas:read` is the role `read`.',
  ),
  ATLAS_DEFAULT_ROLES: setting(
    roleNames,
    'read,write,define,analytics',
    'Roles of a caller whose token has neither the claim `scope` nor `roles`, or whose gateway sends no x-atlas-roles; `none` for none. `atlas dev` adds audit and operate.',
  ),
} as const;
