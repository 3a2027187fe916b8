import { LRUCache } from 'lru-cache';
import type { TenantId } from '../domain/identifiers.ts';

const MAX_TYPES = 20_000;

/** Types that entities were found to have, over all tenants of a process. A type whose last entity was deleted stays until it is displaced. */
export class KnownTypes {
  readonly #types = new LRUCache<string, true>({ max: MAX_TYPES });

  add(tenantId: TenantId, type: string): void {
    this.#types.set(`${tenantId} ${type}`, true);
  }

  has(tenantId: TenantId, type: string): boolean {
    return this.#types.has(`${tenantId} ${type}`);
  }
}
