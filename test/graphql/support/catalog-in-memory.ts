import type { AttributeDefinition, TenantCatalog } from '../../../src/domain/catalog/attribute.ts';
import { rolesNamedBy } from '../../../src/domain/catalog/attribute-access.ts';
import type { AttributeCatalog } from '../../../src/domain/catalog/attribute-catalog.ts';
import { SHARED_TENANT } from '../../../src/domain/identifiers.ts';

/** A catalog whose definitions a test replaces. It defines nothing. */
export class CatalogInMemory implements Pick<AttributeCatalog, 'forTenant'> {
  #definitions: readonly AttributeDefinition[];
  #revision = 0;

  constructor(definitions: readonly AttributeDefinition[] = []) {
    this.#definitions = definitions;
  }

  replace(definitions: readonly AttributeDefinition[]): void {
    this.#definitions = definitions;
    this.#revision += 1;
  }

  forTenant(tenantId: number): TenantCatalog {
    const visible = this.#definitions
      .filter((definition) => definition.tenantId === tenantId || definition.tenantId === SHARED_TENANT)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    return {
      tenantId,
      revision: String(this.#revision),
      latestRevision: this.#revision,
      namedRoles: rolesNamedBy(visible),
      restriction: null,
      typeDescriptions: new Map(),
      byKey: (key) => visible.find((definition) => definition.key === key),
      byId: (id) => visible.find((definition) => definition.id === id),
      all: () => visible.filter(({ retiredAt }) => retiredAt === null),
      keyOfType: () => undefined,
      retired: () => visible.filter(({ retiredAt }) => retiredAt !== null),
      shared: () => visible.filter(({ tenantId: owner, retiredAt }) => owner === SHARED_TENANT && retiredAt === null),
    };
  }
}
