import type { EntityWrite, EntityWriter, WriteOutcome } from '../../src/datasources/entity-writer.ts';
import type { AttributeDefinition, AttributeValue, TenantCatalog } from '../../src/domain/catalog/attribute.ts';
import type { AttributeCatalog, NewAttribute } from '../../src/domain/catalog/attribute-catalog.ts';
import { isUnique } from '../../src/domain/catalog/unique-attribute.ts';
import type { WholeEntity } from '../../src/domain/entity.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import type { TenantId } from '../../src/domain/identifiers.ts';

/** In-memory catalog and writer of one tenant, for tests of the importer's own logic. */
export class MemoryStore {
  readonly definitions = new Map<string, AttributeDefinition>();
  readonly entities = new Map<string, Readonly<Record<string, AttributeValue>>>();
  /** Called before each batch; an error it returns is thrown instead of writing. */
  failure: () => Error | null = () => null;

  /** Like the catalog; can also define a retired attribute. */
  define({ key, type, ...rest }: NewAttribute & { retired?: boolean }): AttributeDefinition {
    const known = this.definitions.get(key);
    if (known !== undefined) return known;
    const definition: AttributeDefinition = {
      id: this.definitions.size + 1,
      tenantId: 1,
      key,
      type,
      description: null,
      entityTypes: rest.entityTypes ?? [],
      filterable: rest.filterable ?? true,
      exposed: rest.exposed ?? false,
      hotColumn: null,
      rules: rest.rules ?? {},
      access: {},
      keySalt: rest.unique === true ? 'salt' : null,
      retiredAt: rest.retired === true ? new Date(0) : null,
      createdAt: new Date(0),
      updatedAt: new Date(0),
      version: 1,
      storage: {},
    };
    this.definitions.set(key, definition);
    return definition;
  }

  readonly catalog: AttributeCatalog = {
    forTenant: (tenantId: TenantId): TenantCatalog => ({
      tenantId,
      revision: '1',
      latestRevision: 1,
      namedRoles: null,
      restriction: null,
      typeDescriptions: new Map(),
      byKey: (key) => this.definitions.get(key),
      byId: () => undefined,
      keyOfType: (type) =>
        [...this.definitions.values()].filter(isUnique).find(({ entityTypes }) => entityTypes.includes(type)),
      shared: () => [],
      all: () => [...this.definitions.values()],
      retired: () => [],
    }),
    describeType: async () => {},
    define: async (_tenantId, attributes) => attributes.map((attribute) => this.define(attribute)),
    usage: () => {
      throw new Error('An import asks for no limits');
    },
    change: async () => {
      throw new Error('An import changes no definition');
    },
    refresh: async () => {},
    atLeast: async () => {},
    onChange: () => () => {},
  };

  readonly writer: EntityWriter = {
    upsert: async (_tenantId, writes) => {
      const failure = this.failure();
      if (failure !== null) throw failure;
      return { outcome: writes.map((write) => this.#upsert(write)), positions: new Map() };
    },
    delete: async () => {
      throw new Error('An import deletes nothing');
    },
  };

  #upsert({ id, type, set }: EntityWrite): WriteOutcome {
    if (id === null) return { status: 'FAILED', error: new AtlasError('BAD_USER_INPUT', 'An import knows its ids.') };
    const before = this.entities.get(id);
    const after = { ...before, ...Object.fromEntries(set.map(({ attribute, value }) => [attribute.key, value])) };
    this.entities.set(id, after);
    const epoch = new Date(0);
    const entity: WholeEntity = {
      id,
      type,
      version: 1n,
      createdAt: epoch,
      updatedAt: epoch,
      attributes: after,
      attributeUpdatedAt: {},
    };
    if (before === undefined) return { status: 'CREATED', entity };
    return { status: JSON.stringify(before) === JSON.stringify(after) ? 'UNCHANGED' : 'UPDATED', entity };
  }
}
