import type { JsonValue } from '../../lib/canonical-json.ts';

/** NUL and unpaired surrogates have no place in a Postgres text or jsonb. */
const UNSTORABLE = /\0|\p{Surrogate}/u;

export function isStorableText(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** Whether every text and every key inside is storable. */
export function isStorableJson(value: JsonValue): boolean {
  if (typeof value === 'string') return isStorableText(value);
  if (Array.isArray(value)) return value.every(isStorableJson);
  if (value === null || typeof value !== 'object') return true;
  return Object.entries(value).every(([key, member]) => isStorableText(key) && isStorableJson(member));
}
