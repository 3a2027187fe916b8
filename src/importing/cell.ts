import type { AttributeType } from '../domain/catalog/attribute.ts';
import { isFiniteJson, MAX_JSON_DEPTH } from '../domain/values/storable.ts';
import type { JsonValue } from '../lib/canonical-json.ts';
import { isShallow } from '../lib/is-shallow.ts';
import { exactNumber } from './exact-number.ts';
import { parseIsoTimestamp } from './iso-timestamp.ts';
import { parseExactJson } from './sources/exact-json.ts';
import type { RawValue } from './sources/row-source.ts';

const NUMBER = /^-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const BOOLEAN = /^(?:true|false)$/i;

/** Whether the cell means that the entity lacks the attribute: null, undefined, NaN and, in an untyped source, empty text. */
export function isAbsent(value: RawValue, untyped: boolean): value is null | undefined {
  if (value === null || value === undefined) return true;
  if (typeof value === 'string') return untyped && value === '';
  return typeof value === 'number' && Number.isNaN(value);
}

/** Type of a cell on its own; null if the cell is absent. Text of a typed source is only TEXT or TIMESTAMP. */
export function typeOfCell(value: RawValue, untyped: boolean): AttributeType | null {
  if (isAbsent(value, untyped)) return null;
  switch (typeof value) {
    case 'number':
      return 'NUMBER';
    case 'boolean':
      return 'BOOLEAN';
    case 'string':
      return typeOfText(value, untyped);
    default:
      return value instanceof Date ? 'TIMESTAMP' : 'JSON';
  }
}

function typeOfText(text: string, untyped: boolean): AttributeType {
  if (parseIsoTimestamp(text) !== null) return 'TIMESTAMP';
  if (!untyped) return 'TEXT';
  const trimmed = text.trim();
  if (parseNumber(trimmed) !== null) return 'NUMBER';
  if (BOOLEAN.test(trimmed)) return 'BOOLEAN';
  if (parseIsoTimestamp(trimmed) !== null) return 'TIMESTAMP';
  return parseJsonContainer(trimmed) === null ? 'TEXT' : 'JSON';
}

/**
 * Null unless `text` is a plain decimal number. Text with leading zeros or a plus sign is a code (a zip code, a telephone number),
 * and so is a number of which a double does not keep all digits.
 */
export function parseNumber(text: string): number | null {
  return NUMBER.test(text) ? exactNumber(text) : null;
}

/** Null unless `text` is `true` or `false`, in any case. */
export function parseBoolean(text: string): boolean | null {
  return BOOLEAN.test(text) ? text.toLowerCase() === 'true' : null;
}

/** Parses `text` as a JSON object or array; null for anything else, and if a number in it is too large for a double. */
export function parseJsonContainer(text: string): JsonValue | null {
  if (!/^(?:\{.*\}|\[.*\])$/s.test(text)) return null;
  try {
    const parsed = parseExactJson(text);
    return isShallow(parsed, MAX_JSON_DEPTH) && isFiniteJson(parsed) ? parsed : null;
  } catch {
    return null;
  }
}
