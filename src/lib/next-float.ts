const view = new DataView(new ArrayBuffer(8));

/** The smallest float64 greater than `value`, which must be finite. */
export function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return view.getFloat64(0);
}

/** The largest float64 less than `value`, which must be finite. */
export function nextDown(value: number): number {
  return -nextUp(-value);
}
