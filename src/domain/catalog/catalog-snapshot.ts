import { SHARED_TENANT, type TenantId } from '../identifiers.ts';
import type { AttributeDefinition, AttributeId } from './attribute.ts';
import { type RevisedDefinition, TenantDefinitions, TenantView } from './tenant-definitions.ts';

/** The catalog of all tenants at one revision. Immutable; snapshots share what has not changed between them. */
export class CatalogSnapshot {
  static readonly EMPTY = new CatalogSnapshot(new Map(), new Map(), 0);

  readonly revision: number;
  readonly #tenants: ReadonlyMap<TenantId, TenantDefinitions>;
  readonly #owners: ReadonlyMap<AttributeId, TenantId>;
  readonly #views = new Map<TenantId, TenantView>();

  private constructor(
    tenants: ReadonlyMap<TenantId, TenantDefinitions>,
    owners: ReadonlyMap<AttributeId, TenantId>,
    revision: number,
  ) {
    this.#tenants = tenants;
    this.#owners = owners;
    this.revision = revision;
  }

  /** @returns the snapshot after the changes, and the tenants they belong to. Ignores changes it already contains. */
  with(changes: readonly RevisedDefinition[]): { snapshot: CatalogSnapshot; tenants: ReadonlySet<TenantId> } {
    const byTenant = groupByTenant(changes.filter(({ revision }) => revision > this.revision));
    if (byTenant.size === 0) return { snapshot: this, tenants: new Set() };
    const tenants = new Map(this.#tenants);
    const owners = new Map(this.#owners);
    let revision = this.revision;
    for (const [tenantId, tenantChanges] of byTenant) {
      const definitions = (tenants.get(tenantId) ?? TenantDefinitions.NONE).with(tenantChanges);
      tenants.set(tenantId, definitions);
      for (const { definition } of tenantChanges) owners.set(definition.id, tenantId);
      revision = Math.max(revision, definitions.revision);
    }
    return { snapshot: new CatalogSnapshot(tenants, owners, revision), tenants: new Set(byTenant.keys()) };
  }

  byId(id: AttributeId): AttributeDefinition | undefined {
    const owner = this.#owners.get(id);
    return owner === undefined ? undefined : this.#tenants.get(owner)?.byId.get(id);
  }

  forTenant(tenantId: TenantId): TenantView {
    const known = this.#views.get(tenantId);
    if (known !== undefined) return known;
    const own = tenantId === SHARED_TENANT ? TenantDefinitions.NONE : this.#own(tenantId);
    const view = new TenantView(tenantId, own, this.#own(SHARED_TENANT));
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

  #own(tenantId: TenantId): TenantDefinitions {
    return this.#tenants.get(tenantId) ?? TenantDefinitions.NONE;
  }
}

function groupByTenant(changes: readonly RevisedDefinition[]): Map<TenantId, RevisedDefinition[]> {
  const groups = new Map<TenantId, RevisedDefinition[]>();
  for (const change of changes) {
    const group = groups.get(change.definition.tenantId);
    if (group === undefined) groups.set(change.definition.tenantId, [change]);
    else group.push(change);
  }
  return groups;
}
