import { BUILT_IN_ROLES } from '../domain/roles.ts';
import type { SettingName } from './settings.ts';

type Defaults = Partial<Record<SettingName, string>>;

/** Settings that `atlas dev` turns on unless the environment sets them. */
export const DEV_DEFAULTS = {
  ATLAS_TRUST_TENANT_HEADER: 'true',
  ATLAS_IMPLICIT_ATTRIBUTES: 'true',
  ATLAS_DEFAULT_ROLES: BUILT_IN_ROLES.join(','),
  ATLAS_DRAIN_MS: '0',
  // A page of any site can send requests to this machine, and names of other sites can be made to resolve to it.
  ATLAS_ALLOWED_HOSTS: 'localhost,127.0.0.1,[::1]',
} as const satisfies Defaults;

/** `atlas replicate` runs beside a `serve` of the same host, which has the port before. */
export const REPLICATE_DEFAULTS = { ATLAS_PORT: '4001' } as const satisfies Defaults;
