import type { TenantId } from '../../domain/identifiers.ts';

/** How many reads may wait for a token at once, over all sources of the process. */
export interface WaitingLimits {
  readonly mostPerProcess: number;
  readonly mostPerTenant: number;
}

/** Counts the reads that wait for a token. */
export class WaiterLimit {
  readonly #limits: WaitingLimits;
  readonly #byTenant = new Map<TenantId, number>();
  #total = 0;

  constructor(limits: WaitingLimits) {
    this.#limits = limits;
  }

  /** Whether one more may wait. If so, call `leave` once it does not wait any more. */
  enter(tenant: TenantId): boolean {
    const own = this.#byTenant.get(tenant) ?? 0;
    if (this.#total >= this.#limits.mostPerProcess || own >= this.#limits.mostPerTenant) return false;
    this.#total += 1;
    this.#byTenant.set(tenant, own + 1);
    return true;
  }

  leave(tenant: TenantId): void {
    const own = this.#byTenant.get(tenant) ?? 0;
    this.#total -= 1;
    if (own > 1) this.#byTenant.set(tenant, own - 1);
    else this.#byTenant.delete(tenant);
  }
}
