import { canonicalJson, type JsonValue } from '../../lib/canonical-json.ts';
import { isShallow } from '../../lib/is-shallow.ts';
import type { AttributeType } from '../catalog/attribute.ts';
import { AtlasError } from '../errors.ts';
import {
  isFiniteJson,
  isStorableJson,
  isStorableMoment,
  isStorableText,
  MAX_JSON_DEPTH,
  STORABLE_MOMENTS,
} from '../values/storable.ts';
import type { ComparisonOperator, Operand, Predicate } from './filter.ts';
import type { FilterLimits, PredicateInput, TextPredicateInput } from './filter-input.ts';

const COMPARISONS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'] as const satisfies readonly ComparisonOperator[];

type OperandInput = string | number | boolean | Date | JsonValue;

/**
 * One predicate per operator that is given; all of them must hold. `subject` names the predicate in errors.
 * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED
 */
export function resolvePredicate(
  subject: string,
  type: AttributeType,
  input: PredicateInput<OperandInput> & Pick<TextPredicateInput, 'startsWith' | 'contains'>,
  limits: FilterLimits,
): Predicate[] {
  const predicates: Predicate[] = [];
  for (const operator of COMPARISONS) {
    const value = input[operator];
    if (value === null || value === undefined) continue;
    if (type === 'JSON' && operator !== 'eq' && operator !== 'ne') {
      throw new AtlasError(
        'BAD_USER_INPUT',
        `${subject} has no order: compare JSON with eq, ne or in, not ${operator}.`,
      );
    }
    predicates.push({ operator, operand: resolveOperand(subject, type, value) });
  }
  if (input.in !== null && input.in !== undefined) {
    if (input.in.length > limits.maxListItems) {
      throw new AtlasError(
        'LIMIT_EXCEEDED',
        `${subject}.in lists ${input.in.length} values: give at most ${limits.maxListItems}.`,
      );
    }
    const operands = new Set(input.in.map((value) => resolveOperand(subject, type, value)));
    predicates.push({ operator: 'in', operands: [...operands] });
  }
  for (const operator of ['startsWith', 'contains'] as const) {
    const value = input[operator];
    if (value !== null && value !== undefined) predicates.push({ operator, operand: storableText(subject, value) });
  }
  if (predicates.length > 0) return predicates;
  throw new AtlasError('BAD_USER_INPUT', `${subject} says nothing: give it an operator such as eq, or leave it out.`);
}

function resolveOperand(subject: string, type: AttributeType, value: OperandInput): Operand {
  switch (type) {
    case 'TEXT':
      return storableText(subject, String(value));
    case 'NUMBER':
      return number(subject, Number(value));
    case 'BOOLEAN':
      return value === true;
    case 'TIMESTAMP':
      return timestamp(subject, Number(value));
    case 'JSON':
      return json(subject, value as JsonValue);
  }
}

function storableText(subject: string, text: string): string {
  if (isStorableText(text)) return text;
  throw new AtlasError(
    'BAD_USER_INPUT',
    `${subject} holds a NUL character or an unpaired surrogate, which no stored text has: leave it out.`,
  );
}

function number(subject: string, value: number): number {
  if (Number.isFinite(value)) return value + 0; // -0 becomes 0
  throw new AtlasError(
    'BAD_USER_INPUT',
    `${subject} holds an infinite number, which none stored is: give a finite one.`,
  );
}

function json(subject: string, value: JsonValue): string {
  if (!isShallow(value, MAX_JSON_DEPTH)) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      `${subject} is nested more than ${MAX_JSON_DEPTH} levels deep, as no stored JSON is: nest it less.`,
    );
  }
  if (!isFiniteJson(value)) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      `${subject} holds an infinite number, which no stored JSON has: give finite numbers.`,
    );
  }
  if (isStorableJson(value)) return canonicalJson(value);
  throw new AtlasError(
    'BAD_USER_INPUT',
    `${subject} holds a NUL character or an unpaired surrogate, which no stored JSON has: leave it out.`,
  );
}

function timestamp(subject: string, milliseconds: number): number {
  if (isStorableMoment(milliseconds)) return milliseconds;
  throw new AtlasError('BAD_USER_INPUT', `${subject} is out of range; expected a moment in ${STORABLE_MOMENTS}.`);
}
