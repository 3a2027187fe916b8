import type { TenantId } from '../identifiers.ts';
import type { AttributeDefinition, AttributeId, TenantCatalog } from './attribute.ts';
import { rolesNamedBy } from './attribute-access.ts';
import type { DescribedTypes } from './described-types.ts';
import { isUnique, type UniqueAttribute } from './unique-attribute.ts';

/** A definition and its position in the catalog's history, assigned by the triggers on atlas.attribute_definition. */
export interface RevisedDefinition {
  readonly definition: AttributeDefinition;
  readonly revision: number;
}

/** Those in force before some changed: nearly in order, they are put in order in a twentieth of the time. */
interface InOrderBefore {
  readonly inForce: readonly AttributeDefinition[];
  readonly changed: ReadonlySet<AttributeId>;
}

/** The definitions that one tenant owns (or the shared ones). Immutable: a change creates another instance. */
export class TenantDefinitions {
  static readonly NONE = new TenantDefinitions(new Map(), new Map(), 0, null);

  readonly byId: ReadonlyMap<AttributeId, AttributeDefinition>;
  readonly byKey: ReadonlyMap<string, AttributeDefinition>;
  /** The revision of the latest change among them. */
  readonly revision: number;
  #before: InOrderBefore | null;
  #inForce: readonly AttributeDefinition[] | null = null;
  #retired: readonly AttributeDefinition[] | null = null;
  #moving: readonly AttributeDefinition[] | null = null;
  #namedRoles: ReadonlySet<string> | null | undefined;
  #keysOfTypes: ReadonlyMap<string, UniqueAttribute> | null = null;

  private constructor(
    byId: ReadonlyMap<AttributeId, AttributeDefinition>,
    byKey: ReadonlyMap<string, AttributeDefinition>,
    revision: number,
    before: InOrderBefore | null,
  ) {
    this.byId = byId;
    this.byKey = byKey;
    this.revision = revision;
    this.#before = before;
  }

  with(changes: readonly RevisedDefinition[]): TenantDefinitions {
    const byId = new Map(this.byId);
    const byKey = new Map(this.byKey);
    let revision = this.revision;
    for (const change of changes) {
      const { definition } = change;
      const { id, key, storage } = definition;
      const former = byId.get(id);
      if (former !== undefined && byKey.get(former.key)?.id === id) byKey.delete(former.key);
      byId.set(id, definition);
      if (storage.deleted !== true) byKey.set(key, definition);
      revision = Math.max(revision, change.revision);
    }
    const changed = new Set(changes.map(({ definition }) => definition.id));
    return new TenantDefinitions(byId, byKey, revision, this.#inForce && { inForce: this.#inForce, changed });
  }

  /** The roles that access rules name; null if there are no rules. */
  get namedRoles(): ReadonlySet<string> | null {
    if (this.#namedRoles === undefined) this.#namedRoles = rolesNamedBy(this.byKey.values());
    return this.#namedRoles;
  }

  /** The unique attributes in force, by entity type. */
  get keysOfTypes(): ReadonlyMap<string, UniqueAttribute> {
    this.#keysOfTypes ??= new Map(
      this.inForce.filter(isUnique).flatMap((definition) => definition.entityTypes.map((type) => [type, definition])),
    );
    return this.#keysOfTypes;
  }

  /** In key order, without retired definitions. */
  get inForce(): readonly AttributeDefinition[] {
    this.#inForce ??= inKeyOrder(this.#unordered());
    this.#before = null;
    return this.#inForce;
  }

  /** In key order. */
  get retired(): readonly AttributeDefinition[] {
    this.#retired ??= inKeyOrder(this.#notDeleted().filter(({ retiredAt }) => retiredAt !== null));
    return this.#retired;
  }

  /** Those with a step under way. */
  get moving(): readonly AttributeDefinition[] {
    this.#moving ??= this.#notDeleted().filter(({ storage }) => storage.move !== undefined);
    return this.#moving;
  }

  #unordered(): AttributeDefinition[] {
    const isInForce = ({ retiredAt, storage }: AttributeDefinition) => retiredAt === null && storage.deleted !== true;
    if (this.#before === null) return [...this.byId.values()].filter(isInForce);
    const { inForce, changed } = this.#before;
    const added = Array.from(changed).flatMap((id) => this.byId.get(id) ?? []);
    return [...inForce.filter(({ id }) => !changed.has(id)), ...added.filter(isInForce)];
  }

  /** A deleted one is known by its id alone: change capture may still meet its values. */
  #notDeleted(): AttributeDefinition[] {
    return [...this.byId.values()].filter(({ storage }) => storage.deleted !== true);
  }
}

/** The catalog that one tenant sees. Its own definitions take precedence over the shared ones, which all views share. */
export class TenantView implements TenantCatalog {
  readonly tenantId: TenantId;
  readonly revision: string;
  readonly latestRevision: number;
  readonly restriction = null;
  readonly typeDescriptions: ReadonlyMap<string, string>;
  readonly #own: TenantDefinitions;
  readonly #shared: TenantDefinitions;
  #all: readonly AttributeDefinition[] | null = null;

  constructor(tenantId: TenantId, own: TenantDefinitions, shared: TenantDefinitions, types: DescribedTypes) {
    this.tenantId = tenantId;
    this.revision = `${own.revision}.${shared.revision}`;
    this.latestRevision = Math.max(own.revision, shared.revision, types.revision);
    this.typeDescriptions = types.descriptions;
    this.#own = own;
    this.#shared = shared;
  }

  get namedRoles(): ReadonlySet<string> | null {
    const own = this.#own.namedRoles;
    const shared = this.#shared.namedRoles;
    if (own === null || shared === null) return own ?? shared;
    return new Set([...own, ...shared]);
  }

  byKey(key: string): AttributeDefinition | undefined {
    return this.#own.byKey.get(key) ?? this.#shared.byKey.get(key);
  }

  byId(id: AttributeId): AttributeDefinition | undefined {
    return this.#own.byId.get(id) ?? this.#shared.byId.get(id);
  }

  keyOfType(type: string): UniqueAttribute | undefined {
    const own = this.#own.keysOfTypes.get(type);
    if (own !== undefined) return own;
    const shared = this.#shared.keysOfTypes.get(type);
    return shared === undefined || this.#own.byKey.has(shared.key) ? undefined : shared;
  }

  all(): readonly AttributeDefinition[] {
    this.#all ??= merged(this.#own.byKey, this.#own.inForce, this.#shared.inForce);
    return this.#all;
  }

  retired(): readonly AttributeDefinition[] {
    return merged(this.#own.byKey, this.#own.retired, this.#shared.retired);
  }

  shared(): readonly AttributeDefinition[] {
    return this.#shared.inForce;
  }

  /** In no particular order, including retired definitions, without deleted ones. */
  *everything(): IterableIterator<AttributeDefinition> {
    yield* this.#own.byKey.values();
    yield* this.#shared.byKey.values();
  }
}

/** @param keys Those that the tenant has defined itself. */
function merged(
  keys: ReadonlyMap<string, AttributeDefinition>,
  own: readonly AttributeDefinition[],
  shared: readonly AttributeDefinition[],
): readonly AttributeDefinition[] {
  if (keys.size === 0) return shared;
  const others = shared.filter(({ key }) => !keys.has(key));
  return others.length === 0 ? own : inKeyOrder([...own, ...others]);
}

/** Keys are ASCII, so comparing code units compares bytes. */
function inKeyOrder(definitions: AttributeDefinition[]): readonly AttributeDefinition[] {
  return definitions.sort((a, b) => (a.key < b.key ? -1 : 1));
}
