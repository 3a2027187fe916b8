import type { JsonValue } from './canonical-json.ts';

/** Whether objects and arrays are nested at most `depth` levels. Recurses no deeper than that, whatever the value. */
export function isShallow(value: JsonValue, depth: number): boolean {
  if (value === null || typeof value !== 'object') return true;
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1));
}
