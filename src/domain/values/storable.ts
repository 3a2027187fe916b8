import type { JsonValue } from '../../lib/canonical-json.ts';

const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** The range of moments, in words for error messages. */
export const STORABLE_MOMENTS = 'the years 0001 to 9999, in UTC';

/** Whether a moment (milliseconds since the epoch) is whole and has a four-digit year, as every stored one. */
export function isStorableMoment(milliseconds: number): boolean {
  return Number.isInteger(milliseconds) && milliseconds >= EARLIEST && milliseconds <= LATEST;
}

/** Whether a text is the stored form of a moment: `YYYY-MM-DDTHH:mm:ss.sssZ`. */
export function isStoredTimestamp(text: string): boolean {
  const milliseconds = Date.parse(text);
  return isStorableMoment(milliseconds) && new Date(milliseconds).toISOString() === text;
}

/** Postgres stores neither NUL nor unpaired surrogates in text and jsonb. */
const UNSTORABLE = /\0|\p{Surrogate}/u;

export function isStorableText(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** Maximum depth of a stored value. Far more than real data needs, far less than overflows a stack. */
export const MAX_JSON_DEPTH = 100;

/** Whether every text and every key inside is storable. */
export function isStorableJson(value: JsonValue): boolean {
  if (typeof value === 'string') return isStorableText(value);
  if (Array.isArray(value)) return value.every(isStorableJson);
  if (value === null || typeof value !== 'object') return true;
  return Object.entries(value).every(([key, member]) => isStorableText(key) && isStorableJson(member));
}

/** Parsing turns a number too large for a float64 into infinity, which JSON cannot represent. */
export function isFiniteJson(value: JsonValue): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value !== 'object' || Object.values(value).every(isFiniteJson);
}
