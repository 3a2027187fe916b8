import type { JsonValue } from '../../lib/canonical-json.ts';
import { isShallow } from '../../lib/is-shallow.ts';
import type { AttributeDefinition, AttributeType, AttributeValue } from '../catalog/attribute.ts';
import { AtlasError } from '../errors.ts';
import { ruleViolation } from '../rules/rule-violation.ts';
import { isFiniteJson, MAX_JSON_DEPTH } from './storable-json.ts';
import { isStorableMoment } from './storable-moment.ts';
import { isStorableJson, isStorableText } from './storable-text.ts';

/** As a client gives it: exactly one value, under the name of its type; null counts as not given. */
export interface AttributeInput {
  readonly key: string;
  readonly text?: string | null;
  readonly number?: number | null;
  readonly boolean?: boolean | null;
  readonly timestamp?: Date | null;
  readonly json?: JsonValue;
}

export interface ValueLimits {
  /** Of the value as JSON text in UTF-8. */
  readonly maxValueBytes: number;
}

const FIELDS = {
  TEXT: 'text',
  NUMBER: 'number',
  BOOLEAN: 'boolean',
  TIMESTAMP: 'timestamp',
  JSON: 'json',
} as const satisfies Record<AttributeType, keyof AttributeInput>;

/**
 * The stored form of a given value, which keeps the attribute's rules.
 * @throws AtlasError ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_INVALID; names the key and says what would be right.
 */
export function attributeValue(
  attribute: AttributeDefinition,
  input: AttributeInput,
  limits: ValueLimits,
): AttributeValue {
  const wanted = FIELDS[attribute.type];
  const given = Object.values(FIELDS).filter((field) => input[field] !== null && input[field] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'no value' : `${given.length} values (${given.join(', ')})`;
    throw invalid(attribute, `got ${found}: give exactly one, as ${wanted}`);
  }
  if (given[0] !== wanted) {
    throw new AtlasError(
      'ATTRIBUTE_TYPE_MISMATCH',
      `Attribute "${attribute.key}" is of type ${attribute.type}: give its value as ${wanted}, not as ${given[0]}.`,
    );
  }
  const value = STORED[attribute.type](input, attribute);
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > limits.maxValueBytes) {
    throw invalid(attribute, `got a value of ${bytes} bytes: give at most ${limits.maxValueBytes}`);
  }
  const violation = ruleViolation(attribute.rules, value);
  if (violation !== null) throw invalid(attribute, violation);
  return value;
}

/** Each is called with an input that has its field. */
const STORED: Record<AttributeType, (input: AttributeInput, attribute: AttributeDefinition) => AttributeValue> = {
  TEXT({ text }, attribute) {
    if (typeof text === 'string' && isStorableText(text)) return text;
    throw invalid(attribute, 'got a NUL character or an unpaired surrogate: leave it out');
  },
  NUMBER({ number }, attribute) {
    if (typeof number === 'number' && Number.isFinite(number)) return number + 0; // -0 becomes 0
    throw invalid(attribute, 'got NaN or infinity: give a finite number');
  },
  BOOLEAN({ boolean }) {
    return boolean === true;
  },
  TIMESTAMP({ timestamp }, attribute) {
    const milliseconds = timestamp?.getTime() ?? Number.NaN;
    if (isStorableMoment(milliseconds)) return new Date(milliseconds).toISOString();
    throw invalid(attribute, 'got a moment out of range: give one in the years 0001 to 9999, in UTC');
  },
  JSON({ json }, attribute) {
    const value = json ?? null;
    if (!isShallow(value, MAX_JSON_DEPTH)) {
      throw invalid(attribute, `got JSON that is nested too deeply: nest at most ${MAX_JSON_DEPTH} levels`);
    }
    if (!isStorableJson(value)) {
      throw invalid(attribute, 'got JSON with a NUL character or an unpaired surrogate in a text: leave it out');
    }
    if (!isFiniteJson(value)) throw invalid(attribute, 'got JSON with an infinite number: give finite numbers');
    return value;
  },
};

function invalid(attribute: AttributeDefinition, problem: string): AtlasError {
  return new AtlasError('ATTRIBUTE_INVALID', `Attribute "${attribute.key}" ${problem}.`);
}
