import type { FieldNode } from 'graphql';
import { AtlasError } from '../domain/errors.ts';
import { overLimit } from '../domain/over-limit.ts';

/** Requests that cost at least this are completed in turns of the event loop, after those that cost less. A field takes some microseconds. */
export const LARGE_COST = 2_000;

/** What an estimate knows of a list before it is read. */
export interface EstimatedList {
  /** How many items the estimate counts; infinite if there cannot be more than it counts. */
  readonly countedItems: number;
  readonly costOfItem: number;
  /** Whether there are lists among the fields of its items. */
  readonly hasLists: boolean;
}

export interface CostEstimate {
  readonly total: number;
  /** By the first of the fields that are merged. */
  readonly lists: ReadonlyMap<FieldNode, EstimatedList>;
}

/** A list that no estimate has counted. */
const UNKNOWN: EstimatedList = { countedItems: Number.POSITIVE_INFINITY, costOfItem: 0, hasLists: true };

/** What the tenant of a request may still spend. */
export interface CostBudget {
  /** Before the request runs. @throws AtlasError LIMIT_EXCEEDED */
  spend(cost: number): void;
  /** Waits until the request may run beside the tenant's others. @throws the reason of the request's signal */
  begin(cost: number): Promise<void>;
  /** What it turned out to cost beyond that. */
  charge(cost: number): void;
}

/** What one request costs: its estimate, and what turned out beyond it. */
export class RequestCost {
  readonly limit: number;
  readonly #budget: CostBudget;
  #requested = 0;
  #lists: CostEstimate['lists'] = new Map();

  constructor(limit: number, budget: CostBudget) {
    this.limit = limit;
    this.#budget = budget;
  }

  get requested(): number {
    return this.#requested;
  }

  /** Whether it comes before those that are not. */
  get isQuick(): boolean {
    return this.#requested < LARGE_COST;
  }

  /** Call it before the operation runs, which may do so once this has settled. @throws AtlasError LIMIT_EXCEEDED */
  async estimate({ total, lists }: CostEstimate): Promise<void> {
    this.#requested = total;
    this.#lists = lists;
    if (total > this.limit) {
      throw new AtlasError(
        'LIMIT_EXCEEDED',
        `The request costs an estimated ${total}; the limit is ${this.limit}. Request fewer items, or fewer fields of each.`,
        { hint: overLimit('Request fewer items, or fewer fields of each', 'ATLAS_MAX_REQUEST_COST') },
      );
    }
    this.#budget.spend(total);
    await this.#budget.begin(total);
  }

  /** What each item of a list costs; infinite if there are lists in it, as their length is not known. */
  ofItem(list: FieldNode | undefined): number {
    const { hasLists, costOfItem } = this.#known(list);
    return hasLists ? Number.POSITIVE_INFINITY : costOfItem;
  }

  /** Charges the items of a list that the estimate does not count. @throws AtlasError LIMIT_EXCEEDED */
  charge(list: FieldNode | undefined, items: number): void {
    const { countedItems, costOfItem } = this.#known(list);
    if (items <= countedItems) return;
    const more = (items - countedItems) * costOfItem;
    this.add(more, `the ${items} items of "${list?.name.value}"`, 'Request fewer items, or fewer fields of each');
  }

  /**
   * Charges work that is known only now, before it is done.
   * @param what it is about, and `remedy` what would cost less, in the words of an error
   * @throws AtlasError LIMIT_EXCEEDED
   */
  add(more: number, what: string, remedy: string): void {
    this.#requested += more;
    this.#budget.charge(more);
    if (this.#requested <= this.limit) return;
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `The request costs ${this.#requested} with ${what}; the limit is ${this.limit}. ${remedy}.`,
      { hint: overLimit(remedy, 'ATLAS_MAX_REQUEST_COST') },
    );
  }

  #known(list: FieldNode | undefined): EstimatedList {
    return (list && this.#lists.get(list)) ?? UNKNOWN;
  }
}
