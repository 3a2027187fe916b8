import type { TenantId } from '../identifiers.ts';
import type { AttributeDefinition, AttributeId, TenantCatalog } from './attribute.ts';
import { rolesNamedBy } from './attribute-access.ts';

/** A definition and its position in the catalog's history, assigned by the triggers on atlas.attribute_definition. */
export interface RevisedDefinition {
  readonly definition: AttributeDefinition;
  readonly revision: number;
}

/** The definitions that one tenant owns (or the shared ones). Immutable: a change creates another instance. */
export class TenantDefinitions {
  static readonly NONE = new TenantDefinitions(new Map(), 0);

  readonly byKey: ReadonlyMap<string, AttributeDefinition>;
  readonly byId: ReadonlyMap<AttributeId, AttributeDefinition>;
  /** The revision of the latest change among them. */
  readonly revision: number;
  #inForce: readonly AttributeDefinition[] | null = null;
  #retired: readonly AttributeDefinition[] | null = null;
  #moving: readonly AttributeDefinition[] | null = null;
  #namedRoles: ReadonlySet<string> | null | undefined;

  private constructor(byId: ReadonlyMap<AttributeId, AttributeDefinition>, revision: number) {
    this.byId = byId;
    this.byKey = new Map(this.#notDeleted().map((definition) => [definition.key, definition]));
    this.revision = revision;
  }

  with(changes: readonly RevisedDefinition[]): TenantDefinitions {
    const byId = new Map(this.byId);
    let revision = this.revision;
    for (const change of changes) {
      byId.set(change.definition.id, change.definition);
      revision = Math.max(revision, change.revision);
    }
    return new TenantDefinitions(byId, revision);
  }

  /** The roles that access rules name; null if there are no rules. */
  get namedRoles(): ReadonlySet<string> | null {
    if (this.#namedRoles === undefined) this.#namedRoles = rolesNamedBy(this.byKey.values());
    return this.#namedRoles;
  }

  /** In key order, without retired definitions. */
  get inForce(): readonly AttributeDefinition[] {
    this.#inForce ??= inKeyOrder(this.#notDeleted().filter(({ retiredAt }) => retiredAt === null));
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

  /** A deleted one is known by its id alone: change capture may still meet its values. */
  #notDeleted(): AttributeDefinition[] {
    return [...this.byId.values()].filter(({ storage }) => storage.deleted !== true);
  }
}

/** The definitions visible to one tenant: its own take precedence over the shared ones, which all views share. */
export class TenantView implements TenantCatalog {
  readonly tenantId: TenantId;
  readonly revision: string;
  readonly latestRevision: number;
  readonly restriction = null;
  readonly #own: TenantDefinitions;
  readonly #shared: TenantDefinitions;
  #all: readonly AttributeDefinition[] | null = null;

  constructor(tenantId: TenantId, own: TenantDefinitions, shared: TenantDefinitions) {
    this.tenantId = tenantId;
    this.revision = `${own.revision}.${shared.revision}`;
    this.latestRevision = Math.max(own.revision, shared.revision);
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
