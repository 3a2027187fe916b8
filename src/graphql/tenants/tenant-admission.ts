import { LRUCache } from 'lru-cache';
import type { TenantLimits } from '../../config/tenant-limits.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import { Budget } from '../../lib/budget.ts';
import type { Clock } from '../../lib/clock.ts';
import { eventLoopTurns } from '../../lib/event-loop-turns.ts';
import { type CostBudget, LARGE_COST } from '../../resolvers/request-cost.ts';
import { RunningCost } from './running-cost.ts';
import { type TenantLimitName, TenantLimitReached } from './tenant-limit-reached.ts';

/** Budgets in memory. The least recently used is forgotten, and is full if its tenant comes back. */
const MAX_BUDGETS = 10_000;

export interface TenantAdmissionOptions {
  readonly limits: TenantLimits;
  readonly clock: Clock;
  /** Called with every refusal. */
  readonly onRefused?: (limit: TenantLimitName) => void;
}

/** One request that may run. */
export interface Admission {
  readonly budget: CostBudget;
  /** Call it once, when the request has ended. */
  leave(): void;
}

/** Bounds what one tenant takes of this process, so that it leaves the rest to the others. Processes do not know of each other. */
export class TenantAdmission {
  readonly #options: TenantAdmissionOptions;
  readonly #running = new Map<TenantId, number>();
  readonly #budgets = new LRUCache<TenantId, Budget>({ max: MAX_BUDGETS });

  readonly #runningCost: RunningCost;

  constructor(options: TenantAdmissionOptions) {
    this.#options = options;
    this.#runningCost = new RunningCost(options.limits.maxRunningCost);
  }

  /** @param signal of the request. @throws TenantLimitReached */
  enter(tenant: TenantId, signal: AbortSignal): Admission {
    const { maxRequests } = this.#options.limits;
    const running = this.#running.get(tenant) ?? 0;
    if (running >= maxRequests) {
      const message = `The tenant has ${running} requests in progress, the limit; retry, and send fewer at once.`;
      throw this.#refusal('requests', message, 0);
    }
    this.#running.set(tenant, running + 1);
    let end = () => {};
    const endQuick = eventLoopTurns.beginQuick();
    const begin = async (cost: number) => {
      if (cost >= LARGE_COST) endQuick();
      end = await this.#runningCost.enter(tenant, cost, signal);
    };
    return {
      budget: { ...this.#budgetFor(tenant), begin },
      leave: () => {
        endQuick();
        end();
        this.#leave(tenant);
      },
    };
  }

  /** What the events of a tenant's subscriptions are charged to: they do not count as requests. */
  eventBudget(tenant: TenantId): Pick<CostBudget, 'spend'> {
    return this.#budgetFor(tenant);
  }

  #budgetFor(tenant: TenantId): Omit<CostBudget, 'begin'> {
    const { limits, clock } = this.#options;
    const perMinute = limits.costPerMinute;
    if (perMinute === null) return { spend: () => {}, charge: () => {} };
    const budget = this.#budgetOf(tenant, perMinute);
    return {
      spend: (cost) => {
        const emptyForMs = budget.emptyForMs(clock.now());
        if (emptyForMs > 0) {
          const message = `The tenant's requests have cost more than ${perMinute} a minute, the limit; retry later, or request less data.`;
          throw this.#refusal('cost', message, emptyForMs);
        }
        budget.take(cost, clock.now());
      },
      charge: (cost) => budget.take(cost, clock.now()),
    };
  }

  #budgetOf(tenant: TenantId, perMinute: number): Budget {
    const known = this.#budgets.get(tenant);
    if (known !== undefined) return known;
    const budget = new Budget(perMinute, this.#options.clock.now());
    this.#budgets.set(tenant, budget);
    return budget;
  }

  #leave(tenant: TenantId): void {
    const running = this.#running.get(tenant) ?? 0;
    if (running > 1) this.#running.set(tenant, running - 1);
    else this.#running.delete(tenant);
  }

  #refusal(limit: TenantLimitName, message: string, afterMs: number): TenantLimitReached {
    this.#options.onRefused?.(limit);
    return new TenantLimitReached(message, afterMs);
  }
}
