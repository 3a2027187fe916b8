import type { JsonValue } from '../../lib/canonical-json.ts';
import type { RawValue } from './row-source.ts';

/**
 * Converts a decoded Parquet value to a cell. A 64-bit integer becomes a number if a double represents it exactly, otherwise its
 * digits; bytes become base64; lists, maps and structs become JSON. Decimals are rounded to their scale, which removes the
 * decoder's binary error.
 */
export function rawParquetValue(value: unknown, scale: number | null): RawValue {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value;
  if (typeof value === 'number' && scale !== null && scale <= 100) return Number(value.toFixed(scale));
  if (typeof value === 'number') return value;
  return toJson(value);
}

function toJson(value: unknown): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
    case 'object':
      return value === null ? null : objectToJson(value);
    default:
      return null;
  }
}

function objectToJson(value: object): JsonValue {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, toJson);
  if (Array.isArray(value)) return value.map(toJson);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJson(member)]));
}
