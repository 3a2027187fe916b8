import { SHARED_TENANT, type TenantId } from '../identifiers.ts';
import { type AttributeDefinition, type AttributeType, HOT_COLUMNS, type HotColumn } from './attribute.ts';
import type { IsShown } from './attribute-catalog.ts';
import { isBeingDeleted, occupiedColumns } from './attribute-storage.ts';
import { invalidAttribute } from './check-definition.ts';
import { ENTITY_FIELDS, exposedFieldName, isReservedField } from './exposed-field.ts';
import { isUnique } from './unique-attribute.ts';

export interface Existing {
  readonly type: AttributeType;
  readonly isHidden: boolean;
  readonly state: 'USED' | 'RETIRED' | 'BEING_DELETED';
}

/** The keys, field names and hot columns in use. */
export class Taken {
  /** Those that the tenant sees. */
  readonly keys = new Map<string, Existing>();
  /** For a shared definition: the types of the keys that tenants have defined. */
  readonly #others = new Map<string, Set<AttributeType>>();
  /** The keys that use a field. */
  readonly #fields = new Map<string, { readonly key: string; readonly isHidden: boolean }[]>();
  readonly #hotColumns = new Set<HotColumn>();
  /** The unique attribute of each entity type, retired ones included: they may come back. Null: one of which errors must tell nothing. */
  readonly #keysOfTypes = new Map<string, string | null>();

  constructor(tenantId: TenantId, visible: Iterable<AttributeDefinition>, isShown: IsShown) {
    for (const definition of visible) {
      const { key, type } = definition;
      const isHidden = !isShown(definition);
      const isOthers = tenantId === SHARED_TENANT && definition.tenantId !== SHARED_TENANT;
      if (isOthers) this.#others.set(key, (this.#others.get(key) ?? new Set()).add(type));
      // A tenant's own takes precedence over a shared one.
      else if (definition.tenantId === tenantId || !this.keys.has(key))
        this.keys.set(key, { type, isHidden, state: stateOf(definition) });
      if (definition.exposed) this.#use(exposedFieldName(key), key, isHidden || isOthers);
      for (const column of occupiedColumns(definition)) this.#hotColumns.add(column);
      if (isUnique(definition)) this.#setKey(definition.entityTypes, isHidden || isOthers ? null : key);
    }
  }

  /** Every tenant's typed field of a shared attribute has the shared type. @throws AtlasError ATTRIBUTE_INVALID */
  checkOthers({ key, type }: { readonly key: string; readonly type: AttributeType }): void {
    const others = this.#others.get(key);
    if (others === undefined || (others.size === 1 && others.has(type))) return;
    throw invalidAttribute(key, 'cannot be shared: it has another type for some tenants; use another key');
  }

  /** @throws AtlasError ATTRIBUTE_INVALID */
  claimField(key: string): void {
    const field = exposedFieldName(key);
    if (isReservedField(field)) {
      const owner = ENTITY_FIELDS.has(field) ? 'Entity' : 'object of JavaScript';
      throw invalidAttribute(key, `cannot be exposed: every ${owner} already has a field ${field}; use another key`);
    }
    const other = this.#fields.get(field)?.find((user) => user.key !== key);
    if (other?.isHidden === true) throw invalidAttribute(key, `cannot be exposed: the field ${field} is taken`);
    if (other !== undefined) {
      throw invalidAttribute(key, `cannot be exposed: attribute "${other.key}" already uses the field ${field}`);
    }
    this.#use(field, key, false);
  }

  /** An entity has one id, so its type has one key. @throws AtlasError ATTRIBUTE_INVALID */
  claimTypes({ key, entityTypes }: { readonly key: string; readonly entityTypes: readonly string[] }): void {
    for (const type of entityTypes) {
      const other = this.#keysOfTypes.get(type);
      if (other === undefined) continue;
      const found = other === null ? 'has another' : `has "${other}"`;
      throw invalidAttribute(key, `cannot be the key of entities of type "${type}": the type ${found}`);
    }
    this.#setKey(entityTypes, key);
  }

  #setKey(types: readonly string[], key: string | null): void {
    for (const type of types) this.#keysOfTypes.set(type, key);
  }

  #use(field: string, key: string, isHidden: boolean): void {
    const users = this.#fields.get(field) ?? [];
    this.#fields.set(field, users);
    users.push({ key, isHidden });
  }

  /** @throws AtlasError ATTRIBUTE_INVALID */
  claimHotColumn({ key, type }: { readonly key: string; readonly type: AttributeType }): HotColumn {
    const columns: readonly HotColumn[] = HOT_COLUMNS[type];
    const free = columns.find((column) => !this.#hotColumns.has(column));
    if (free === undefined) {
      const reason =
        columns.length === 0
          ? `type ${type} has no hot columns`
          : `all ${columns.length} hot ${type} columns are taken`;
      throw invalidAttribute(key, `cannot be hot: ${reason}`);
    }
    this.#hotColumns.add(free);
    return free;
  }
}

function stateOf(definition: AttributeDefinition): Existing['state'] {
  if (isBeingDeleted(definition)) return 'BEING_DELETED';
  return definition.retiredAt === null ? 'USED' : 'RETIRED';
}
