import type { JsonValue } from '../../lib/canonical-json.ts';
import type { Direction } from './filter.ts';

type Member<T> = T | null | undefined;

/** Several operators in one predicate must all hold. */
export interface PredicateInput<T> {
  readonly eq?: Member<T>;
  readonly ne?: Member<T>;
  readonly gt?: Member<T>;
  readonly gte?: Member<T>;
  readonly lt?: Member<T>;
  readonly lte?: Member<T>;
  readonly in?: Member<readonly T[]>;
}

export interface TextPredicateInput extends PredicateInput<string> {
  readonly startsWith?: Member<string>;
  readonly contains?: Member<string>;
}

export interface AttributeFilterInput {
  readonly key: string;
  readonly text?: Member<TextPredicateInput>;
  readonly number?: Member<PredicateInput<number>>;
  readonly boolean?: Member<PredicateInput<boolean>>;
  readonly timestamp?: Member<PredicateInput<Date>>;
  readonly json?: Member<PredicateInput<JsonValue>>;
  readonly exists?: Member<boolean>;
}

/** A filter as a client writes it. All members must hold; one that is null counts as absent. */
export interface EntityFilterInput {
  readonly attributes?: Member<readonly AttributeFilterInput[]>;
  readonly ids?: Member<readonly string[]>;
  readonly createdAt?: Member<PredicateInput<Date>>;
  readonly updatedAt?: Member<PredicateInput<Date>>;
  readonly and?: Member<readonly EntityFilterInput[]>;
  readonly or?: Member<readonly EntityFilterInput[]>;
  readonly not?: Member<EntityFilterInput>;
}

/** Exactly one of `attribute` and `field`. */
export interface EntityOrderInput {
  readonly attribute?: Member<string>;
  readonly field?: Member<'ID' | 'CREATED_AT' | 'UPDATED_AT'>;
  readonly direction: Direction;
}

/** ATLAS_MAX_FILTER_NODES and ATLAS_MAX_BATCH_IDS. */
export interface FilterLimits {
  /** Most predicates and combinators in one filter. */
  readonly maxNodes: number;
  /** Most items of `ids` or of one `in`. */
  readonly maxListItems: number;
}
