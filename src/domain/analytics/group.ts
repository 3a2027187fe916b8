import { compareUtf8 } from '../../lib/compare-utf8.ts';
import type { AttributeDefinition } from '../catalog/attribute.ts';
import { countedType } from '../catalog/list-types.ts';

/** What entities are grouped by; no attributes: all of them are one group. */
export type GroupKeys = readonly AttributeDefinition[];

/** A group: one value for each of its keys, whole, as text. */
export type GroupValues = readonly string[];

/** Identifies a group among those with the same keys. */
export function groupId(values: GroupValues): string {
  return JSON.stringify(values);
}

/** Key after key: numbers by their value, everything else by the bytes of its text, which sorts timestamps by time. */
export function compareGroups(keys: GroupKeys): (a: GroupValues, b: GroupValues) => number {
  return (a, b) => {
    for (const [index, { type }] of keys.entries()) {
      const [left, right] = [a[index] ?? '', b[index] ?? ''];
      const difference = countedType(type) === 'NUMBER' ? Number(left) - Number(right) : compareUtf8(left, right);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}
