import type { AttributeType } from '../catalog/attribute.ts';
import type { ScalarType } from '../catalog/list-types.ts';

const ALL = ['TEXT', 'NUMBER', 'BOOLEAN', 'TIMESTAMP', 'JSON', 'REFERENCE'] as const;
const ORDERED = ['TEXT', 'NUMBER', 'BOOLEAN', 'TIMESTAMP'] as const;

/**
 * Every operator of a predicate on a value that is no list (see resolve-list-predicate.ts), in the order in which predicates are resolved, with the types it applies to. `Predicate`,
 * the input types and their resolution follow from this table; resolvers/entity-selection.ts compares the SDL with it.
 * - comparison: one operand of the attribute's type.
 * - list: any number of such operands.
 * - text: one operand that is a text. Where case does not count, texts are compared by caseVariants, and the operand has at most
 *   INDEXED_TEXT_LENGTH code points.
 */
export const OPERATORS = {
  eq: { kind: 'comparison', types: ALL },
  ne: { kind: 'comparison', types: ALL },
  gt: { kind: 'comparison', types: ORDERED },
  gte: { kind: 'comparison', types: ORDERED },
  lt: { kind: 'comparison', types: ORDERED },
  lte: { kind: 'comparison', types: ORDERED },
  in: { kind: 'list', types: ALL },
  startsWith: { kind: 'text', types: ['TEXT'] },
  contains: { kind: 'text', types: ['TEXT'] },
  eqIgnoreCase: { kind: 'text', types: ['TEXT'] },
  startsWithIgnoreCase: { kind: 'text', types: ['TEXT'] },
  containsIgnoreCase: { kind: 'text', types: ['TEXT'] },
} as const satisfies Record<string, OperatorDefinition>;

interface OperatorDefinition {
  readonly kind: OperatorKind;
  readonly types: readonly ScalarType[];
}

type OperatorKind = 'comparison' | 'list' | 'text';

export type Operator = keyof typeof OPERATORS;

/** The operators of one kind. */
export type OperatorOfKind<Kind extends OperatorKind> = {
  [Name in Operator]: (typeof OPERATORS)[Name]['kind'] extends Kind ? Name : never;
}[Operator];

/** The operators that apply to attributes of one type. */
export type OperatorFor<Type extends ScalarType> = {
  [Name in Operator]: Type extends (typeof OPERATORS)[Name]['types'][number] ? Name : never;
}[Operator];

export const OPERATOR_NAMES = Object.keys(OPERATORS) as readonly Operator[];

export function isOperator(name: string): name is Operator {
  return Object.hasOwn(OPERATORS, name);
}

export function appliesTo(operator: Operator, type: AttributeType): boolean {
  return (OPERATORS[operator].types as readonly AttributeType[]).includes(type);
}
