/**
 * The most steps that checking all values of a row against their rules may take, so that it never holds the event loop for long. A step is what a
 * regular expression does for one character in one of its states: some 20 ns.
 */
export const MAX_RULE_STEPS = 3_000_000;

/** The checks of a row take too many steps. */
export class RuleBudgetExceeded extends Error {
  constructor() {
    super(`checking the row takes more than ${MAX_RULE_STEPS} steps`);
    this.name = 'RuleBudgetExceeded';
  }
}

/** What is left of the steps for one row. Steps are spent before they are taken. */
export class RuleBudget {
  #left: number;

  constructor(steps = MAX_RULE_STEPS) {
    this.#left = steps;
  }

  /** @throws RuleBudgetExceeded */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new RuleBudgetExceeded();
  }
}
