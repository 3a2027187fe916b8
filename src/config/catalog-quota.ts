import type { CatalogQuota } from '../domain/catalog/catalog-quota.ts';
import type { Settings } from './settings.ts';

export function catalogQuota(settings: Settings): CatalogQuota {
  return {
    maxDefinitions: settings.ATLAS_MAX_DEFINITIONS_PER_TENANT,
    maxExposed: settings.ATLAS_MAX_EXPOSED_PER_TENANT,
    maxRuleBytes: settings.ATLAS_MAX_RULE_BYTES_PER_TENANT,
  };
}
