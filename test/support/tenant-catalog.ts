import type { AttributeDefinition, TenantCatalog } from '../../src/domain/catalog/attribute.ts';
import { rolesNamedBy } from '../../src/domain/catalog/attribute-access.ts';
import { isUnique } from '../../src/domain/catalog/unique-attribute.ts';

/** The catalog of tenant 1 with these definitions. */
export function tenantCatalog(definitions: readonly AttributeDefinition[]): TenantCatalog {
  return {
    tenantId: 1,
    revision: '1',
    latestRevision: 1,
    namedRoles: rolesNamedBy(definitions),
    restriction: null,
    typeDescriptions: new Map(),
    byKey: (key) => definitions.find((definition) => definition.key === key),
    byId: (id) => definitions.find((definition) => definition.id === id),
    keyOfType: (type) => definitions.filter(isUnique).find(({ entityTypes }) => entityTypes.includes(type)),
    shared: () => [],
    all: () => definitions.filter(({ retiredAt }) => retiredAt === null).sort((a, b) => (a.key < b.key ? -1 : 1)),
    retired: () => definitions.filter(({ retiredAt }) => retiredAt !== null),
  };
}
