import type { JsonValue } from '../../../src/lib/canonical-json.ts';

/** A JSON text with the members of objects in the order in which Postgres' jsonb prints them: short keys first, then by bytes. */
export function jsonbText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(jsonbText).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value)
    .map(([key, member]) => ({ key, bytes: Buffer.from(key), member }))
    .sort((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes))
    .map(({ key, member }) => `${JSON.stringify(key)}:${jsonbText(member)}`);
  return `{${members.join(',')}}`;
}
