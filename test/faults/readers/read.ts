import type { SeededRandom } from '../../../src/importing/sample-data/seeded-random.ts';
import type { Required } from '../checker/check-states.ts';
import type { Requirement } from '../checker/requirement.ts';
import type { Complain } from '../checker/violation.ts';
import type { Answer } from '../client/answer.ts';
import type { EntityHistory, Moment, Version } from '../model/entity-history.ts';
import type { World } from '../model/world.ts';

export interface ReadScope {
  readonly world: World;
  readonly tenant: number;
  readonly random: SeededRandom;
}

/** How an answer is judged. */
export interface Judge {
  readonly answer: Answer;
  readonly requirement: Requirement;
  readonly complain: Complain;
  /** What the answer must contain of an entity, given what its read of it promises and the request's token. */
  required(history: EntityHistory, moment: Moment): Required;
}

/** The versions that an answer has certainly shown. */
export type Shown = readonly (readonly [EntityHistory, Version])[];

export interface PlannedRead {
  /** Its one variable beside `variables` is `$freshness`. */
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  check(judge: Judge): Shown;
}

export interface ReadKind {
  readonly name: string;
  plan(scope: ReadScope): PlannedRead;
}
