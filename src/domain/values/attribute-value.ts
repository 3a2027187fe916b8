import type { JsonValue } from '../../lib/canonical-json.ts';
import { isShallow } from '../../lib/is-shallow.ts';
import type { AttributeDefinition, AttributeRules, AttributeType, AttributeValue } from '../catalog/attribute.ts';
import { isListType, type ListType } from '../catalog/list-types.ts';
import { AtlasError } from '../errors.ts';
import { isEntityId } from '../identifiers.ts';
import { MAX_RULE_STEPS, RuleBudget, RuleBudgetExceeded } from '../rules/rule-budget.ts';
import { ruleViolation } from '../rules/rule-violation.ts';
import { listProblem, storedList } from './list-value.ts';
import {
  isFiniteJson,
  isStorableJson,
  isStorableMoment,
  isStorableText,
  MAX_JSON_DEPTH,
  STORABLE_MOMENTS,
} from './storable.ts';

/** A value as a client sends it: exactly one, in the field named after its type. Null means not set. */
export interface AttributeInput {
  readonly key: string;
  readonly text?: string | null;
  readonly number?: number | null;
  readonly boolean?: boolean | null;
  readonly timestamp?: Date | null;
  readonly json?: JsonValue;
  readonly reference?: string | null;
  readonly textList?: readonly (string | null)[] | null;
  readonly numberList?: readonly (number | null)[] | null;
}

export interface ValueLimits {
  /** Maximum size of a value as JSON text in UTF-8. */
  readonly maxValueBytes: number;
  /** Of one list. */
  readonly maxListElements: number;
}

const FIELDS = {
  TEXT: 'text',
  NUMBER: 'number',
  BOOLEAN: 'boolean',
  TIMESTAMP: 'timestamp',
  JSON: 'json',
  REFERENCE: 'reference',
  TEXT_LIST: 'textList',
  NUMBER_LIST: 'numberList',
} as const satisfies Record<AttributeType, keyof AttributeInput>;

const TYPES = Object.keys(FIELDS) as AttributeType[];

const givenTypes = (input: AttributeInput): AttributeType[] => TYPES.filter((type) => input[FIELDS[type]] != null);

/** The type of the first value in an input; null if it has none. */
export function givenType(input: AttributeInput): AttributeType | null {
  return givenTypes(input)[0] ?? null;
}

/**
 * The stored form of a value. It satisfies the attribute's rules.
 * @param budget What checking the rules of the row's values may take, of which this value takes its part.
 * @throws AtlasError ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_INVALID | LIMIT_EXCEEDED
 */
export function attributeValue(
  attribute: AttributeDefinition,
  input: AttributeInput,
  limits: ValueLimits,
  budget = new RuleBudget(),
): AttributeValue {
  const wanted = FIELDS[attribute.type];
  const given = givenTypes(input).map((type) => FIELDS[type]);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'has no value' : `has ${given.length} values (${given.join(', ')})`;
    throw invalid(attribute, `${found}; expected exactly one, in the field ${wanted}`);
  }
  if (given[0] !== wanted) {
    throw new AtlasError(
      'ATTRIBUTE_TYPE_MISMATCH',
      `Attribute "${attribute.key}" has type ${attribute.type} but got its value in the field ${given[0]}; expected the field ${wanted}.`,
    );
  }
  const value = STORED[attribute.type](input, attribute, limits);
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > limits.maxValueBytes) {
    throw invalid(attribute, `has a value of ${bytes} bytes; the limit is ${limits.maxValueBytes}`);
  }
  const violation = violationWithin(budget, attribute, value);
  if (violation !== null) throw invalid(attribute, violation);
  return value;
}

function violationWithin(
  budget: RuleBudget,
  { key, type, rules }: AttributeDefinition,
  value: AttributeValue,
): string | null {
  try {
    return isListType(type)
      ? elementViolation(budget, rules, value as JsonValue[])
      : ruleViolation(rules, value, budget);
  } catch (error) {
    if (!(error instanceof RuleBudgetExceeded)) throw error;
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `Attribute "${key}" has a value that takes too long to check: the rules of a row's values may take ${MAX_RULE_STEPS} steps. Send a smaller value, or a simpler rule.`,
      { cause: error },
    );
  }
}

function elementViolation(budget: RuleBudget, rules: AttributeRules, elements: readonly JsonValue[]): string | null {
  for (const [index, element] of elements.entries()) {
    const violation = ruleViolation(rules, element, budget);
    if (violation !== null) return `has a list whose element ${index + 1} ${violation}`;
  }
  return null;
}

/** Each is called with an input that has the field of its type. */
const STORED: Record<
  AttributeType,
  (input: AttributeInput, attribute: AttributeDefinition, limits: ValueLimits) => AttributeValue
> = {
  TEXT({ text }, attribute) {
    if (typeof text === 'string' && isStorableText(text)) return text;
    throw invalid(attribute, 'contains a NUL character or an unpaired surrogate');
  },
  NUMBER({ number }, attribute) {
    if (typeof number === 'number' && Number.isFinite(number)) return number + 0; // -0 becomes 0
    throw invalid(attribute, 'is NaN or infinite; expected a finite number');
  },
  BOOLEAN({ boolean }) {
    return boolean === true;
  },
  TIMESTAMP({ timestamp }, attribute) {
    const milliseconds = timestamp?.getTime() ?? Number.NaN;
    if (isStorableMoment(milliseconds)) return new Date(milliseconds).toISOString();
    throw invalid(attribute, `is out of range; expected a moment in ${STORABLE_MOMENTS}`);
  },
  JSON({ json }, attribute) {
    const value = json ?? null;
    if (!isShallow(value, MAX_JSON_DEPTH)) {
      throw invalid(attribute, `contains JSON that is nested too deeply; the limit is ${MAX_JSON_DEPTH} levels`);
    }
    if (!isStorableJson(value)) {
      throw invalid(attribute, 'contains JSON with a NUL character or an unpaired surrogate');
    }
    if (!isFiniteJson(value)) {
      throw invalid(attribute, 'contains JSON with an infinite number; expected finite numbers');
    }
    return value;
  },
  REFERENCE({ reference }, attribute) {
    const id = String(reference);
    if (isEntityId(id)) return id;
    throw invalid(
      attribute,
      `refers to ${JSON.stringify(shortened(id))}; expected the id of an entity, in decimal digits`,
    );
  },
  TEXT_LIST({ textList }, attribute, { maxListElements }) {
    return list(attribute, 'TEXT_LIST', textList ?? [], maxListElements);
  },
  NUMBER_LIST({ numberList }, attribute, { maxListElements }) {
    return list(attribute, 'NUMBER_LIST', numberList ?? [], maxListElements);
  },
};

function list(
  attribute: AttributeDefinition,
  type: ListType,
  elements: readonly (string | number | null)[],
  most: number,
): AttributeValue {
  const problem = listProblem(type, elements, most);
  if (problem !== null) throw invalid(attribute, problem);
  return storedList(elements);
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function invalid(attribute: AttributeDefinition, problem: string): AtlasError {
  return new AtlasError('ATTRIBUTE_INVALID', `Attribute "${attribute.key}" ${problem}.`);
}
