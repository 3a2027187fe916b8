/**
 * Whether a JSON value is larger than `units`, which are UTF-16 code units of its texts and keys, and 1 for each value. Its JSON text has at least as
 * many bytes. Looks at no more of the value than it takes to know.
 */
export function isLarger(value: unknown, units: number): boolean {
  return unitsLeft(value, units) < 0;
}

/** How large a JSON value is, in the units of `isLarger`; for one that is larger than `units`, any larger number. */
export function sizeUpTo(value: unknown, units: number): number {
  return units - unitsLeft(value, units);
}

function unitsLeft(value: unknown, units: number): number {
  if (typeof value === 'string') return units - value.length - 1;
  let left = units - 1;
  if (typeof value !== 'object' || value === null) return left;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (left < 0) return left;
      left = unitsLeft(item, left);
    }
    return left;
  }
  for (const key in value) {
    if (left < 0) return left;
    left = unitsLeft((value as Readonly<Record<string, unknown>>)[key], left - key.length);
  }
  return left;
}
