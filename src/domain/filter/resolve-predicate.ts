import { canonicalJson, type JsonValue } from '../../lib/canonical-json.ts';
import { isShallow } from '../../lib/is-shallow.ts';
import { INDEXED_TEXT_LENGTH } from '../catalog/attribute.ts';
import type { ScalarType } from '../catalog/list-types.ts';
import { AtlasError } from '../errors.ts';
import { parseEntityId } from '../identifiers.ts';
import { overLimit } from '../over-limit.ts';
import { checkedMoment } from '../values/checked-moment.ts';
import { isFiniteJson, isStorableJson, isStorableText, MAX_JSON_DEPTH } from '../values/storable.ts';
import type { Operand, Predicate } from './filter.ts';
import type { FilterLimits, OperandInput, PredicateInput } from './filter-input.ts';
import { appliesTo, isOperator, OPERATOR_NAMES, OPERATORS, type Operator, type OperatorOfKind } from './operators.ts';

type AnyOperand = OperandInput[ScalarType];

/**
 * One predicate per operator present; all of them must hold. `subject` names the predicate in errors.
 * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED
 */
export function resolvePredicate<Type extends ScalarType>(
  subject: string,
  type: Type,
  input: PredicateInput<Type>,
  limits: FilterLimits,
): Predicate[] {
  const given = new Map<string, AnyOperand | readonly AnyOperand[]>();
  for (const [name, operand] of Object.entries<AnyOperand | readonly AnyOperand[] | null | undefined>(input)) {
    if (operand === null || operand === undefined) continue;
    checkOperator(subject, type, name);
    given.set(name, operand);
  }
  if (given.size === 0) {
    throw new AtlasError('BAD_USER_INPUT', `${subject} has no operator; add one, such as eq, or omit the predicate.`);
  }
  return OPERATOR_NAMES.flatMap((operator) => {
    const operand = given.get(operator);
    return operand === undefined ? [] : [resolveOne(subject, type, operator, operand, limits)];
  });
}

function checkOperator(subject: string, type: ScalarType, name: string): void {
  if (isOperator(name) && appliesTo(name, type)) return;
  const usable = OPERATOR_NAMES.filter((operator) => appliesTo(operator, type));
  throw new AtlasError(
    'BAD_USER_INPUT',
    `${subject} cannot be filtered with ${name}; use one of ${usable.join(', ')}.`,
  );
}

/** @param operand as the kind of the operator calls for: one, or a list. */
function resolveOne(
  subject: string,
  type: ScalarType,
  operator: Operator,
  operand: AnyOperand | readonly AnyOperand[],
  limits: FilterLimits,
): Predicate {
  if (isOfKind(operator, 'list')) {
    const operands = operand as readonly AnyOperand[];
    return { operator, operands: resolveOperands(`${subject}.${operator}`, subject, type, operands, limits) };
  }
  if (isOfKind(operator, 'text')) {
    const text = storableText(subject, String(operand));
    if (operator.endsWith('IgnoreCase')) checkLength(`${subject}.${operator}`, text);
    return { operator, operand: text };
  }
  return { operator, operand: resolveOperand(subject, type, operand as AnyOperand) };
}

/** Each letter becomes a class of a regular expression. */
function checkLength(place: string, text: string): void {
  const length = [...text].length;
  if (length <= INDEXED_TEXT_LENGTH) return;
  throw new AtlasError('LIMIT_EXCEEDED', `${place} has ${length} characters; the limit is ${INDEXED_TEXT_LENGTH}.`);
}

function isOfKind<Kind extends (typeof OPERATORS)[Operator]['kind']>(
  operator: Operator,
  kind: Kind,
): operator is OperatorOfKind<Kind> {
  return OPERATORS[operator].kind === kind;
}

/** Each once. @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED */
export function resolveOperands(
  place: string,
  subject: string,
  type: ScalarType,
  operands: readonly AnyOperand[],
  { maxListItems }: FilterLimits,
): Operand[] {
  if (operands.length > maxListItems) {
    throw new AtlasError('LIMIT_EXCEEDED', `${place} lists ${operands.length} values; the limit is ${maxListItems}.`, {
      hint: overLimit('List fewer values', 'ATLAS_MAX_BATCH_IDS'),
    });
  }
  return [...new Set(operands.map((value) => resolveOperand(subject, type, value)))];
}

/** @throws AtlasError BAD_USER_INPUT */
export function resolveOperand(subject: string, type: ScalarType, value: AnyOperand): Operand {
  switch (type) {
    case 'TEXT':
      return storableText(subject, String(value));
    case 'NUMBER':
      return number(subject, Number(value));
    case 'BOOLEAN':
      return value === true;
    case 'TIMESTAMP':
      return checkedMoment(subject, Number(value));
    case 'JSON':
      return json(subject, value as JsonValue);
    case 'REFERENCE':
      return parseEntityId(String(value));
  }
}

function storableText(subject: string, text: string): string {
  if (isStorableText(text)) return text;
  throw new AtlasError(
    'BAD_USER_INPUT',
    `${subject} contains a NUL character or an unpaired surrogate, which stored text never contains; remove it.`,
  );
}

function number(subject: string, value: number): number {
  if (Number.isFinite(value)) return value + 0; // -0 becomes 0
  throw new AtlasError('BAD_USER_INPUT', `${subject} contains an infinite number; expected a finite number.`);
}

function json(subject: string, value: JsonValue): string {
  if (!isShallow(value, MAX_JSON_DEPTH)) {
    throw new AtlasError('BAD_USER_INPUT', `${subject} is nested too deeply; the limit is ${MAX_JSON_DEPTH} levels.`);
  }
  if (!isFiniteJson(value)) {
    throw new AtlasError('BAD_USER_INPUT', `${subject} contains an infinite number; expected finite numbers.`);
  }
  if (isStorableJson(value)) return canonicalJson(value);
  throw new AtlasError(
    'BAD_USER_INPUT',
    `${subject} contains a NUL character or an unpaired surrogate, which stored JSON never contains; remove it.`,
  );
}
