import type { Author } from '../caller.ts';
import type { TenantId } from '../identifiers.ts';
import type { AttributeDefinition, AttributeRules, AttributeType, TenantCatalog } from './attribute.ts';
import type { AttributeAccess } from './attribute-access.ts';
import type { ChangeRequest } from './attribute-change.ts';
import type { CatalogUsage } from './catalog-quota.ts';

export interface NewAttribute {
  readonly key: string;
  readonly type: AttributeType;
  readonly description?: string | null;
  readonly entityTypes?: readonly string[];
  readonly filterable?: boolean;
  readonly exposed?: boolean;
  readonly hot?: boolean;
  readonly rules?: AttributeRules;
  readonly access?: AttributeAccess;
  /** Whether it is the key of its entity types. Default: no. */
  readonly unique?: boolean;
  /** Whether it is defined for all tenants. Default: for the author's. */
  readonly shared?: boolean;
}

export type IsShown = (definition: AttributeDefinition) => boolean;

/** What a caller sees of a tenant's definitions. */
export type CatalogView = (catalog: TenantCatalog) => TenantCatalog;

/** The attribute definitions of every tenant, and what its entity types mean, in memory, kept current by notifications from the catalog's home shard. */
export interface AttributeCatalog {
  /** In memory. Queries no database. */
  forTenant(tenantId: TenantId): TenantCatalog;
  /** In memory. Counts what any caller of the tenant has defined. */
  usage(tenantId: TenantId): CatalogUsage;
  /**
   * Defines attributes, all or none. An attribute that already exists with the same type is returned unchanged. Values that
   * are already stored are not checked against the rules. A shared one is returned even if the tenant has its own with that key. Definitions are visible to `forTenant` on return, and in the audit.
   * @param isShown False for definitions that must stay unknown to the caller, who can then not use their keys either. Default: all are shown.
   * @throws AtlasError ATTRIBUTE_INVALID (key, rules, collision of exposed field names, no free hot column),
   * ATTRIBUTE_TYPE_MISMATCH, SHARD_UNAVAILABLE | TIMEOUT
   */
  define(
    author: Author,
    attributes: readonly NewAttribute[],
    signal?: AbortSignal,
    isShown?: IsShown,
  ): Promise<readonly AttributeDefinition[]>;
  /**
   * Changes, retires or restores a definition, or begins to delete it. The result is visible to `forTenant` on return, and in the audit.
   * @param view Errors tell nothing of what it leaves out. Default: everything is shown.
   * @throws AtlasError ATTRIBUTE_UNKNOWN | ATTRIBUTE_INVALID | VERSION_CONFLICT | FORBIDDEN | LIMIT_EXCEEDED, SHARD_UNAVAILABLE | TIMEOUT
   */
  change(
    author: Author,
    request: ChangeRequest,
    signal?: AbortSignal,
    view?: CatalogView,
  ): Promise<AttributeDefinition>;
  /**
   * Says what an entity type means; null removes that. The result is visible to `forTenant` on return, and in the audit.
   * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED, SHARD_UNAVAILABLE | TIMEOUT
   */
  describeType(author: Author, type: string, description: string | null, signal?: AbortSignal): Promise<void>;
  /**
   * Reads new definitions from the home shard. `forTenant` then contains everything that was defined before the call.
   * @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT, or the signal's reason
   */
  refresh(signal?: AbortSignal): Promise<void>;
  /**
   * As `refresh`, but only if this process has not reached the revision. A revision that the home shard does not have, because
   * it was lost in a failover, is not waited for: the home shard has everything there is.
   */
  atLeast(revision: number, signal?: AbortSignal): Promise<void>;
  /** Calls `listener` after every change of definitions with the tenants that see it (SHARED_TENANT: all). Returns the function that unsubscribes. */
  onChange(listener: (tenants: ReadonlySet<TenantId>) => void): () => void;
}
