import type { JsonValue } from './canonical-json.ts';

/** Sixteen digits in a row: the least that an integer beyond 2^53 has. May also be a part of a text, which then is only written more slowly. */
const SUSPECT = /[0-9]{16}/;

/**
 * JSON text that every reader takes for the same doubles: an integer beyond 2^53 has an exponent, so that it is not mistaken for one with
 * all digits, of which a double keeps only some.
 */
export function exactJsonText(value: JsonValue): string {
  const text = JSON.stringify(value);
  return SUSPECT.test(text) ? written(value) : text;
}

function written(value: JsonValue): string {
  if (typeof value === 'number') return exactNumberText(value);
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${written(member)}`);
  return `{${members.join(',')}}`;
}

/** The shortest decimal text that gives the double back, with an exponent if it is an integer beyond 2^53. */
export function exactNumberText(value: number): string {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
}
