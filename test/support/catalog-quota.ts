import type { CatalogQuota } from '../../src/domain/catalog/catalog-quota.ts';

/** More than a test defines. */
export const AMPLE_QUOTA: CatalogQuota = { maxDefinitions: 100_000, maxExposed: 10_000, maxRuleBytes: 10_000_000 };
