import type { AttributeType, AttributeValue } from '../domain/attribute.ts';
import { AtlasError } from '../domain/errors.ts';
import { canonicalJson, type JsonValue } from '../lib/canonical-json.ts';
import { parseBoolean, parseJsonContainer, parseNumber } from './cell.ts';
import { isStorableTimestamp, parseIsoTimestamp } from './iso-timestamp.ts';
import type { RawValue } from './sources/row-source.ts';

type PresentValue = Exclude<RawValue, null | undefined>;

/** Neither jsonb nor text holds U+0000 or half of a surrogate pair. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/**
 * A cell that is not absent as a stored value of `type`, where that loses nothing.
 * @throws AtlasError ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_INVALID; says what would be right.
 */
export function convertCell(value: PresentValue, type: AttributeType, key: string, untyped: boolean): AttributeValue {
  const converted = CONVERSIONS[type](value, untyped);
  if (converted === null) throw mismatch(value, type, key);
  if (typeof converted === 'number' ? !Number.isFinite(converted) : isUnstorable(converted)) {
    throw new AtlasError('ATTRIBUTE_INVALID', `${key}: ${INVALID_REASON}.`);
  }
  return converted;
}

const INVALID_REASON = 'a number must be finite, and text free of U+0000 and of unpaired surrogates';

/** Each returns null where the value is none of the type. */
const CONVERSIONS: Record<AttributeType, (value: PresentValue, untyped: boolean) => AttributeValue> = {
  TEXT(value) {
    if (typeof value === 'string') return value;
    return value instanceof Date ? storedTimestamp(value.getTime()) : canonicalJson(value);
  },
  NUMBER(value) {
    if (typeof value === 'number') return value;
    return typeof value === 'string' ? parseNumber(value.trim()) : null;
  },
  BOOLEAN(value) {
    if (typeof value === 'boolean') return value;
    return typeof value === 'string' ? parseBoolean(value.trim()) : null;
  },
  TIMESTAMP(value) {
    if (value instanceof Date) return storedTimestamp(value.getTime());
    const milliseconds = typeof value === 'string' ? parseIsoTimestamp(value.trim()) : null;
    return milliseconds === null ? null : storedTimestamp(milliseconds);
  },
  JSON(value, untyped) {
    if (value instanceof Date) return storedTimestamp(value.getTime());
    return untyped && typeof value === 'string' ? (parseJsonContainer(value.trim()) ?? value) : value;
  },
};

function storedTimestamp(milliseconds: number): string | null {
  return isStorableTimestamp(milliseconds) ? new Date(milliseconds).toISOString() : null;
}

function isUnstorable(value: JsonValue): boolean {
  if (typeof value === 'string') return UNSTORABLE.test(value);
  if (value === null || typeof value !== 'object') return typeof value === 'number' && !Number.isFinite(value);
  if (Array.isArray(value)) return value.some(isUnstorable);
  return Object.entries(value).some(([name, member]) => UNSTORABLE.test(name) || isUnstorable(member));
}

const WANTED: Record<AttributeType, string> = {
  TEXT: 'text',
  NUMBER: 'a decimal number without leading zeros that a double holds exactly',
  BOOLEAN: 'true or false',
  TIMESTAMP: 'an ISO 8601 date or time such as 2024-05-31T12:00:00Z, in the years 1 to 9999',
  JSON: 'a JSON value',
};

function mismatch(value: PresentValue, type: AttributeType, key: string): AtlasError {
  const text = value instanceof Date ? value.toJSON() : typeof value === 'string' ? value : canonicalJson(value);
  const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
  return new AtlasError('ATTRIBUTE_TYPE_MISMATCH', `${key} is ${type}: ${shown} is not ${WANTED[type]}.`);
}
