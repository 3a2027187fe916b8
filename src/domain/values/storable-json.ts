import type { JsonValue } from '../../lib/canonical-json.ts';

/** Of a stored value. Far beyond what people nest, far below what overflows a stack. */
export const MAX_JSON_DEPTH = 100;

/** A number that is too large for a float64 is read as infinite, and JSON has no way to write that. */
export function isFiniteJson(value: JsonValue): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value !== 'object' || Object.values(value).every(isFiniteJson);
}
