import type { TenantId } from '../../domain/identifiers.ts';

interface Waiting {
  readonly cost: number;
  readonly admit: () => void;
}

interface Running {
  cost: number;
  readonly waiting: Waiting[];
}

/**
 * Bounds the cost of the requests that one tenant has running at once; further ones wait, in order. Without it, a tenant with many
 * expensive requests would take nearly all turns of the event loop. One that costs more than the bound runs alone.
 */
export class RunningCost {
  readonly #most: number;
  readonly #tenants = new Map<TenantId, Running>();

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns what to call, once, when the request has ended. @throws the signal's reason, if it aborts meanwhile */
  async enter(tenant: TenantId, cost: number, signal: AbortSignal): Promise<() => void> {
    const running = this.#tenants.get(tenant) ?? { cost: 0, waiting: [] };
    this.#tenants.set(tenant, running);
    if (running.waiting.length > 0 || !this.#fits(running, cost)) await this.#turn(running, cost, signal);
    else running.cost += cost;
    return () => {
      running.cost -= cost;
      this.#admit(running);
      const isIdle = running.cost === 0 && running.waiting.length === 0;
      if (isIdle && this.#tenants.get(tenant) === running) this.#tenants.delete(tenant);
    };
  }

  #fits(running: Running, cost: number): boolean {
    return running.cost === 0 || running.cost + cost <= this.#most;
  }

  #turn(running: Running, cost: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        running.waiting.splice(running.waiting.indexOf(waiting), 1);
        this.#admit(running);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        cost,
        admit: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      running.waiting.push(waiting);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #admit(running: Running): void {
    for (
      let next = running.waiting[0];
      next !== undefined && this.#fits(running, next.cost);
      next = running.waiting[0]
    ) {
      running.waiting.shift();
      running.cost += next.cost;
      next.admit();
    }
  }
}
