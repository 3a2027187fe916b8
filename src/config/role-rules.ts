import type { RoleRules } from '../domain/roles.ts';
import { parseRoleMapping } from './settings/role-mapping.ts';
import type { Settings } from './settings.ts';

export function roleRules(settings: Pick<Settings, 'ATLAS_ROLE_MAPPING' | 'ATLAS_DEFAULT_ROLES'>): RoleRules {
  return {
    mapping: new Map(Object.entries(parseRoleMapping(settings.ATLAS_ROLE_MAPPING) ?? {})),
    defaults: settings.ATLAS_DEFAULT_ROLES,
  };
}
