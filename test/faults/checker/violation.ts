import type { Answer } from '../client/answer.ts';
import type { EntityHistory } from '../model/entity-history.ts';

/** Something a response says that cannot be. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly message: string;
  readonly answer: Answer | null;
  readonly entities: readonly { readonly tenant: number; readonly id: string; readonly versions: readonly object[] }[];
}

/**
 * `lost`: an older state than the response promises; `torn`: a state that never was, or from the future; `duplicated`: more than
 * there can be; `mismatch`: a node that its filter excludes, or an order that is not; `report`: what it says of its
 * freshness contradicts itself, the request or what is allowed; `refusal`: an error that is not allowed; `write`: a write did something else.
 */
export type ViolationKind =
  | 'lost'
  | 'torn'
  | 'duplicated'
  | 'mismatch'
  | 'report'
  | 'refusal'
  | 'write'
  | 'health'
  | 'difference';

export type Complain = (kind: ViolationKind, message: string, ...entities: readonly EntityHistory[]) => void;

/** Gathers violations; the first ones with everything needed to understand them. */
export class Violations {
  readonly #found: Violation[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get found(): readonly Violation[] {
    return this.#found;
  }

  /** @returns where to complain about this answer. */
  about(answer: Answer | null): Complain {
    return (kind, message, ...entities) => {
      this.#count++;
      if (this.#found.length >= MOST_KEPT) return;
      this.#found.push({
        kind,
        message,
        answer,
        entities: entities.map((entity) => ({
          tenant: entity.tenant,
          id: entity.id,
          versions: entity.describe(),
        })),
      });
    };
  }
}

const MOST_KEPT = 50;
