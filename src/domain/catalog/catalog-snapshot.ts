import { SHARED_TENANT, type TenantId } from '../identifiers.ts';
import type { AttributeDefinition, AttributeId } from './attribute.ts';
import { DescribedTypes, type RevisedType } from './described-types.ts';
import { type RevisedDefinition, TenantDefinitions, TenantView } from './tenant-definitions.ts';

/** What a revision of the catalog changes. */
export type CatalogChange = RevisedDefinition | RevisedType;

/** The catalog of all tenants at one revision. Immutable; snapshots share what has not changed between them. */
export class CatalogSnapshot {
  static readonly EMPTY = new CatalogSnapshot(new Map(), new Map(), new Map(), 0);

  readonly revision: number;
  readonly #tenants: ReadonlyMap<TenantId, TenantDefinitions>;
  readonly #owners: ReadonlyMap<AttributeId, TenantId>;
  readonly #types: ReadonlyMap<TenantId, DescribedTypes>;
  readonly #views = new Map<TenantId, TenantView>();

  private constructor(
    tenants: ReadonlyMap<TenantId, TenantDefinitions>,
    owners: ReadonlyMap<AttributeId, TenantId>,
    types: ReadonlyMap<TenantId, DescribedTypes>,
    revision: number,
  ) {
    this.#tenants = tenants;
    this.#owners = owners;
    this.#types = types;
    this.revision = revision;
  }

  /** @returns the snapshot after the changes, and the tenants whose definitions they change. Ignores changes it already contains. */
  with(changes: readonly CatalogChange[]): { snapshot: CatalogSnapshot; tenants: ReadonlySet<TenantId> } {
    const further = changes.filter(({ revision }) => revision > this.revision);
    if (further.length === 0) return { snapshot: this, tenants: new Set() };
    const types = this.#typesWith(further.filter(isOfType));
    const byTenant = groupByTenant(further.filter(isOfDefinition), ({ definition }) => definition.tenantId);
    const tenants = new Map(this.#tenants);
    const owners = new Map(this.#owners);
    const revision = further.reduce((latest, change) => Math.max(latest, change.revision), this.revision);
    for (const [tenantId, tenantChanges] of byTenant) {
      const definitions = (tenants.get(tenantId) ?? TenantDefinitions.NONE).with(tenantChanges);
      tenants.set(tenantId, definitions);
      for (const { definition } of tenantChanges) owners.set(definition.id, tenantId);
    }
    return { snapshot: new CatalogSnapshot(tenants, owners, types, revision), tenants: new Set(byTenant.keys()) };
  }

  byId(id: AttributeId): AttributeDefinition | undefined {
    const owner = this.#owners.get(id);
    return owner === undefined ? undefined : this.#tenants.get(owner)?.byId.get(id);
  }

  forTenant(tenantId: TenantId): TenantView {
    const known = this.#views.get(tenantId);
    if (known !== undefined) return known;
    const own = tenantId === SHARED_TENANT ? TenantDefinitions.NONE : this.#own(tenantId);
    const types = this.#types.get(tenantId) ?? DescribedTypes.NONE;
    const view = new TenantView(tenantId, own, this.#own(SHARED_TENANT), types);
    // There may be any number of tenants without definitions, and their views are cheap to create.
    if (own !== TenantDefinitions.NONE) this.#views.set(tenantId, view);
    return view;
  }

  /**
   * What a new definition of this tenant may collide with: the definitions it sees or, for a shared one, those of all tenants.
   * Includes retired definitions.
   */
  *visibleTo(tenantId: TenantId): IterableIterator<AttributeDefinition> {
    if (tenantId !== SHARED_TENANT) yield* this.forTenant(tenantId).everything();
    else for (const definitions of this.#tenants.values()) yield* definitions.byKey.values();
  }

  /** The definitions of all tenants with a step under way. */
  moving(): readonly AttributeDefinition[] {
    return [...this.#tenants.values()].flatMap(({ moving }) => moving);
  }

  /** The tenants whose own definitions differ. */
  differences(other: CatalogSnapshot): ReadonlySet<TenantId> {
    const tenants = [...this.#tenants.keys(), ...other.#tenants.keys()];
    return new Set(tenants.filter((tenantId) => this.#own(tenantId).revision !== other.#own(tenantId).revision));
  }

  #typesWith(changes: readonly RevisedType[]): ReadonlyMap<TenantId, DescribedTypes> {
    if (changes.length === 0) return this.#types;
    const types = new Map(this.#types);
    for (const [tenantId, own] of groupByTenant(changes, (change) => change.tenantId)) {
      types.set(tenantId, (types.get(tenantId) ?? DescribedTypes.NONE).with(own));
    }
    return types;
  }

  #own(tenantId: TenantId): TenantDefinitions {
    return this.#tenants.get(tenantId) ?? TenantDefinitions.NONE;
  }
}

function isOfDefinition(change: CatalogChange): change is RevisedDefinition {
  return 'definition' in change;
}

function isOfType(change: CatalogChange): change is RevisedType {
  return !isOfDefinition(change);
}

function groupByTenant<Change>(
  changes: readonly Change[],
  tenantOf: (change: Change) => TenantId,
): Map<TenantId, Change[]> {
  const groups = new Map<TenantId, Change[]>();
  for (const change of changes) {
    const tenantId = tenantOf(change);
    const group = groups.get(tenantId);
    if (group === undefined) groups.set(tenantId, [change]);
    else group.push(change);
  }
  return groups;
}
