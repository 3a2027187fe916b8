import type { JsonValue } from '../../lib/canonical-json.ts';
import type { ELEMENT_TYPES, ListType, ScalarType } from '../catalog/list-types.ts';
import type { Direction } from './filter.ts';
import type { OPERATORS, OperatorFor } from './operators.ts';

type Member<T> = T | null | undefined;

/** An operand as a client sends it. */
export interface OperandInput {
  readonly TEXT: string;
  readonly NUMBER: number;
  readonly BOOLEAN: boolean;
  readonly TIMESTAMP: Date;
  readonly JSON: JsonValue;
  readonly REFERENCE: string;
}

/** The operators that apply to the type. All operators present must hold. */
export type PredicateInput<Type extends ScalarType> = {
  readonly [Name in OperatorFor<Type>]?: Member<
    (typeof OPERATORS)[Name]['kind'] extends 'list' ? readonly OperandInput[Type][] : OperandInput[Type]
  >;
};

/** What must hold for a list. All members present must hold. */
export interface ListPredicateInput<Type extends ListType> {
  /** An element of the list. */
  readonly contains?: Member<OperandInput[(typeof ELEMENT_TYPES)[Type]]>;
  /** At least one is an element of the list. */
  readonly containsAny?: Member<readonly OperandInput[(typeof ELEMENT_TYPES)[Type]][]>;
  /** All are elements of the list. */
  readonly containsAll?: Member<readonly OperandInput[(typeof ELEMENT_TYPES)[Type]][]>;
  /** The number of elements. */
  readonly size?: Member<PredicateInput<'NUMBER'>>;
}

export interface AttributeFilterInput {
  readonly key: string;
  readonly text?: Member<PredicateInput<'TEXT'>>;
  readonly number?: Member<PredicateInput<'NUMBER'>>;
  readonly boolean?: Member<PredicateInput<'BOOLEAN'>>;
  readonly timestamp?: Member<PredicateInput<'TIMESTAMP'>>;
  readonly json?: Member<PredicateInput<'JSON'>>;
  readonly reference?: Member<PredicateInput<'REFERENCE'>>;
  readonly textList?: Member<ListPredicateInput<'TEXT_LIST'>>;
  readonly numberList?: Member<ListPredicateInput<'NUMBER_LIST'>>;
  readonly exists?: Member<boolean>;
  /** REFERENCE: what must hold for the entity that it refers to. Resolved before the filter is; see resolvers/referenced-targets.ts. */
  readonly target?: Member<EntityFilterInput>;
}

/** A filter as a client writes it. All members must hold; null means not set. */
export interface EntityFilterInput {
  readonly attributes?: Member<readonly AttributeFilterInput[]>;
  readonly ids?: Member<readonly string[]>;
  readonly createdAt?: Member<PredicateInput<'TIMESTAMP'>>;
  readonly updatedAt?: Member<PredicateInput<'TIMESTAMP'>>;
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

export interface FilterLimits {
  /** ATLAS_MAX_FILTER_NODES: most predicates and combinators in one filter. */
  readonly maxNodes: number;
  /** ATLAS_MAX_BATCH_IDS: most items of `ids` or of one list of operands. */
  readonly maxListItems: number;
}
