import { MAX_JSON_DEPTH } from '../../domain/values/storable.ts';
import type { JsonValue } from '../../lib/canonical-json.ts';
import { isShallow } from '../../lib/is-shallow.ts';
import type { RawValue } from './row-source.ts';

/** The cells of a rejected row as JSON, in which an infinite number is a word: JSON would write null. */
export function showFields(fields: Readonly<Record<string, RawValue>>): JsonValue {
  const shown: { [name: string]: JsonValue } = Object.create(null);
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) shown[name] = show(value);
  }
  return shown;
}

function show(value: Exclude<RawValue, undefined>): JsonValue {
  if (value instanceof Date) return value.toJSON();
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value !== 'object') return value;
  if (!isShallow(value, MAX_JSON_DEPTH)) return 'nested too deeply';
  return Array.isArray(value) ? value.map(show) : showFields(value);
}
