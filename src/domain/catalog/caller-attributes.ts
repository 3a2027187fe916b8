import type { Author } from '../caller.ts';
import { AtlasError } from '../errors.ts';
import type { TenantId } from '../identifiers.ts';
import type { AttributeDefinition, AttributeId, Restriction, TenantCatalog } from './attribute.ts';
import { type AttributeAccess, mayRead, mayWrite } from './attribute-access.ts';
import type { AttributeCatalog, NewAttribute } from './attribute-catalog.ts';
import type { ChangeRequest } from './attribute-change.ts';
import type { CatalogUsage } from './catalog-quota.ts';
import type { UniqueAttribute } from './unique-attribute.ts';

/**
 * The catalog as a caller with these roles sees it: an attribute that the caller may not read is like one that is not defined.
 * Requests have no other catalog, so all that they read, write, list and report follows.
 */
export class CallerAttributes implements AttributeCatalog {
  readonly #all: AttributeCatalog;
  readonly #roles: ReadonlySet<string>;

  constructor(all: AttributeCatalog, roles: ReadonlySet<string>) {
    this.#all = all;
    this.#roles = roles;
  }

  forTenant(tenantId: TenantId): TenantCatalog {
    return this.#view(this.#all.forTenant(tenantId));
  }

  usage(tenantId: TenantId): CatalogUsage {
    return this.#all.usage(tenantId);
  }

  /** @throws also AtlasError FORBIDDEN for a definition that the caller could not read itself */
  async define(
    author: Author,
    attributes: readonly NewAttribute[],
    signal?: AbortSignal,
  ): Promise<readonly AttributeDefinition[]> {
    for (const { key, access = {} } of attributes) this.#checkReadable(key, access);
    return this.#all.define(author, attributes, signal, (definition) => mayRead(definition, this.#roles));
  }

  /** @throws also AtlasError FORBIDDEN for access rules by which the caller could not read the attribute itself */
  async change(author: Author, request: ChangeRequest, signal?: AbortSignal): Promise<AttributeDefinition> {
    const { key, change } = request;
    if (change.kind === 'update' && change.update.access !== undefined) this.#checkReadable(key, change.update.access);
    return this.#all.change(author, request, signal, (catalog) => this.#view(catalog));
  }

  describeType(author: Author, type: string, description: string | null, signal?: AbortSignal): Promise<void> {
    return this.#all.describeType(author, type, description, signal);
  }

  refresh(signal?: AbortSignal): Promise<void> {
    return this.#all.refresh(signal);
  }

  atLeast(revision: number, signal?: AbortSignal): Promise<void> {
    return this.#all.atLeast(revision, signal);
  }

  onChange(listener: (tenants: ReadonlySet<TenantId>) => void): () => void {
    return this.#all.onChange(listener);
  }

  #view(catalog: TenantCatalog): TenantCatalog {
    return catalog.namedRoles === null ? catalog : new CallerCatalog(catalog, catalog.namedRoles, this.#roles);
  }

  #checkReadable(key: string, access: AttributeAccess): void {
    if (mayRead({ access }, this.#roles)) return;
    throw new AtlasError(
      'FORBIDDEN',
      `Attribute "${key}" would be hidden from you; list one of your own roles in access.read.`,
      { hint: 'List one of your own roles in access.read.' },
    );
  }
}

/** What a caller with some roles sees of a tenant's definitions. */
class CallerCatalog implements TenantCatalog {
  readonly tenantId: TenantId;
  readonly revision: string;
  readonly latestRevision: number;
  readonly namedRoles: ReadonlySet<string>;
  readonly restriction: Restriction;
  readonly typeDescriptions: ReadonlyMap<string, string>;
  readonly #everything: TenantCatalog;
  readonly #roles: ReadonlySet<string>;
  #all: readonly AttributeDefinition[] | null = null;

  constructor(everything: TenantCatalog, namedRoles: ReadonlySet<string>, roles: ReadonlySet<string>) {
    this.tenantId = everything.tenantId;
    this.revision = everything.revision;
    this.latestRevision = everything.latestRevision;
    this.typeDescriptions = everything.typeDescriptions;
    this.namedRoles = namedRoles;
    this.#everything = everything;
    this.#roles = roles;
    const relevant = [...roles].filter((role) => namedRoles.has(role)).sort();
    this.restriction = {
      id: JSON.stringify(relevant),
      hidesKey: (key) => this.#isHidden(everything.byKey(key)),
      hidesId: (id) => this.#isHidden(everything.byId(id)),
      mayWrite: (definition) => mayWrite(definition, roles),
    };
  }

  byKey(key: string): AttributeDefinition | undefined {
    return this.#shown(this.#everything.byKey(key));
  }

  byId(id: AttributeId): AttributeDefinition | undefined {
    return this.#shown(this.#everything.byId(id));
  }

  keyOfType(type: string): UniqueAttribute | undefined {
    return this.#everything.keyOfType(type);
  }

  all(): readonly AttributeDefinition[] {
    this.#all ??= this.#everything.all().filter((definition) => mayRead(definition, this.#roles));
    return this.#all;
  }

  retired(): readonly AttributeDefinition[] {
    return this.#everything.retired().filter((definition) => mayRead(definition, this.#roles));
  }

  shared(): readonly AttributeDefinition[] {
    return this.#everything.shared().filter((definition) => mayRead(definition, this.#roles));
  }

  #shown(definition: AttributeDefinition | undefined): AttributeDefinition | undefined {
    return this.#isHidden(definition) ? undefined : definition;
  }

  #isHidden(definition: AttributeDefinition | undefined): boolean {
    return definition !== undefined && !mayRead(definition, this.#roles);
  }
}
