import { SeededRandom } from '../../../src/importing/sample-data/seeded-random.ts';
import { FAULTS } from '../faults/catalogue.ts';
import type { Fault } from '../faults/fault.ts';
import type { Stack } from '../stack/stack.ts';

export interface PlannedFault {
  readonly fault: Fault;
  readonly target: string;
  readonly holdMs: number;
}

/** One or two faults at once. */
export interface Storm {
  readonly faults: readonly PlannedFault[];
  /** Whether the stack is given time to recover before the next one. */
  readonly recovers: boolean;
}

/** How long faults last: mostly shorter, sometimes longer than what is needed to notice them. */
const HOLDS_MS = [200, 1_000, 2_500, 5_000, 13_000] as const;

/** The same storms for the same seed and topology. */
export class Plan {
  readonly #random: SeededRandom;
  readonly #possible: readonly (readonly [Fault, readonly string[]])[];

  /** @param except names of faults that are left out. */
  constructor(stack: Stack, seed: number, except: readonly string[] = []) {
    this.#random = new SeededRandom(seed);
    this.#possible = FAULTS.filter(({ name }) => !except.includes(name))
      .map((fault) => [fault, fault.targets(stack)] as const)
      .filter(([, targets]) => targets.length > 0);
  }

  next(): Storm {
    const first = this.#any(this.#possible);
    const recovers = this.#random.chance(0.75);
    if (!first.fault.mixes || !this.#random.chance(0.3)) return { faults: [first], recovers };
    const others = this.#possible.filter(([{ mixes }]) => mixes);
    const second = this.#any(others);
    const isSame = first.target === second.target || first.fault.name === 'migrate' || second.fault.name === 'migrate';
    return { faults: isSame ? [first] : [first, second], recovers };
  }

  /** Each fault of this name once, on one of its targets. */
  one(name: string, holdMs: number): Storm {
    const found = this.#possible.find(([fault]) => fault.name === name);
    if (found === undefined) throw new RangeError(`There is no fault ${name} for this stack`);
    const [fault, targets] = found;
    return { faults: [{ fault, target: this.#random.pick(targets), holdMs }], recovers: true };
  }

  #any(possible: readonly (readonly [Fault, readonly string[]])[]): PlannedFault {
    const [fault, targets] = this.#random.weighted(possible.map((each) => [each, each[0].weight]));
    return { fault, target: this.#random.pick(targets), holdMs: this.#random.pick(HOLDS_MS) };
  }
}
