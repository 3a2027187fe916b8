import type { TenantId } from '../identifiers.ts';
import type { AttributeDefinition, AttributeRules, AttributeType, TenantCatalog } from './attribute.ts';

export interface NewAttribute {
  readonly key: string;
  readonly type: AttributeType;
  readonly description?: string | null;
  readonly entityTypes?: readonly string[];
  readonly filterable?: boolean;
  readonly exposed?: boolean;
  readonly hot?: boolean;
  readonly rules?: AttributeRules;
}

/** Every tenant's attribute definitions, held in memory and kept current by notifications of the catalog's home shard. */
export interface AttributeCatalog {
  /** In memory: no database is asked. */
  forTenant(tenantId: TenantId): TenantCatalog;
  /**
   * Defines attributes; one that exists already with the same type is returned as it is, whatever else is asked of it.
   * Values that are stored already are not checked by the rules. Visible to `forTenant` on return.
   * @throws AtlasError ATTRIBUTE_INVALID (key, rules, collision of exposed field names, no free hot column), ATTRIBUTE_TYPE_MISMATCH.
   */
  define(tenantId: TenantId, attributes: readonly NewAttribute[]): Promise<readonly AttributeDefinition[]>;
  /** Asks the home shard again; used where an id or key is not known yet. */
  refresh(): Promise<void>;
  /** Called after every change with the tenants that see it (SHARED_TENANT: all). Returns the unsubscriber. */
  onChange(listener: (tenants: ReadonlySet<TenantId>) => void): () => void;
}
