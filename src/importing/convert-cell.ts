import type { AttributeDefinition, AttributeType, AttributeValue } from '../domain/catalog/attribute.ts';
import { AtlasError } from '../domain/errors.ts';
import { isEntityId } from '../domain/identifiers.ts';
import { type AttributeInput, attributeValue, type ValueLimits } from '../domain/values/attribute-value.ts';
import { isFiniteJson, MAX_JSON_DEPTH } from '../domain/values/storable.ts';
import { canonicalJson, type JsonValue } from '../lib/canonical-json.ts';
import { isShallow } from '../lib/is-shallow.ts';
import { parseBoolean, parseJsonContainer, parseNumber } from './cell.ts';
import { parseIsoTimestamp } from './iso-timestamp.ts';
import type { RawValue } from './sources/row-source.ts';

type PresentValue = Exclude<RawValue, null | undefined>;
type Input = Omit<AttributeInput, 'key'>;

/**
 * Converts a present cell to the stored value of an attribute, if the conversion is lossless.
 * @throws AtlasError ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_INVALID; names the key and what was expected.
 */
export function convertCell(
  value: PresentValue,
  attribute: AttributeDefinition,
  untyped: boolean,
  limits: ValueLimits,
): AttributeValue {
  if (!(value instanceof Date)) checkJson(value, attribute);
  const input = INPUTS[attribute.type](value, untyped);
  if (input === null) throw mismatch(value, attribute);
  return attributeValue(attribute, { key: attribute.key, ...input }, limits);
}

/** Each returns null if the value cannot be converted to the type. */
const INPUTS: Record<AttributeType, (value: PresentValue, untyped: boolean) => Input | null> = {
  TEXT(value) {
    if (typeof value === 'string') return { text: value };
    return { text: value instanceof Date ? value.toISOString() : canonicalJson(value) };
  },
  NUMBER(value) {
    const number = typeof value === 'string' ? parseNumber(value.trim()) : value;
    return typeof number === 'number' ? { number } : null;
  },
  BOOLEAN(value) {
    const boolean = typeof value === 'string' ? parseBoolean(value.trim()) : value;
    return typeof boolean === 'boolean' ? { boolean } : null;
  },
  TIMESTAMP(value) {
    if (value instanceof Date) return { timestamp: value };
    const milliseconds = typeof value === 'string' ? parseIsoTimestamp(value.trim()) : null;
    return milliseconds === null ? null : { timestamp: new Date(milliseconds) };
  },
  REFERENCE(value) {
    const id = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
    return typeof id === 'string' && isEntityId(id.trim()) ? { reference: id.trim() } : null;
  },
  TEXT_LIST(value, untyped) {
    const list = listIn(value, untyped);
    return list && { textList: list as string[] };
  },
  NUMBER_LIST(value, untyped) {
    const list = listIn(value, untyped);
    return list && { numberList: list as number[] };
  },
  JSON(value, untyped) {
    if (value instanceof Date) return { json: value.toISOString() };
    return { json: untyped && typeof value === 'string' ? (parseJsonContainer(value.trim()) ?? value) : value };
  },
};

/** The elements, of whatever types they are; null if the value is no list. */
function listIn(value: PresentValue, untyped: boolean): readonly JsonValue[] | null {
  const list = untyped && typeof value === 'string' ? parseJsonContainer(value.trim()) : value;
  return Array.isArray(list) ? list : null;
}

/** Text has no form for an infinite number either. @throws AtlasError ATTRIBUTE_INVALID */
function checkJson(value: JsonValue, { key }: AttributeDefinition): void {
  if (!isShallow(value, MAX_JSON_DEPTH)) {
    throw new AtlasError(
      'ATTRIBUTE_INVALID',
      `Attribute "${key}" contains JSON that is nested too deeply; the limit is ${MAX_JSON_DEPTH} levels.`,
    );
  }
  if (isFiniteJson(value)) return;
  throw new AtlasError(
    'ATTRIBUTE_INVALID',
    `Attribute "${key}" contains a number that is infinite or too large for a double; expected finite numbers.`,
  );
}

const EXPECTED: Record<AttributeType, string> = {
  TEXT: 'text',
  NUMBER: 'a decimal number without leading zeros of which a double keeps all digits',
  BOOLEAN: 'true or false',
  TIMESTAMP: 'an ISO 8601 date or time such as 2024-05-31T12:00:00Z',
  JSON: 'a JSON value',
  REFERENCE: 'the id of an entity, in decimal digits',
  TEXT_LIST: 'a list of texts, in JSON such as ["red", "blue"]',
  NUMBER_LIST: 'a list of numbers, in JSON such as [1, 2.5]',
};

function mismatch(value: PresentValue, { key, type }: AttributeDefinition): AtlasError {
  const text = value instanceof Date ? value.toJSON() : typeof value === 'string' ? value : canonicalJson(value);
  const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
  return new AtlasError(
    'ATTRIBUTE_TYPE_MISMATCH',
    `Attribute "${key}" has type ${type} but got ${shown}; expected ${EXPECTED[type]}.`,
  );
}
