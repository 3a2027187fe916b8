import { spreadOf } from '../suite/spread.ts';

/** The median and the extremes, for people. */
export function spread(values: readonly number[], digits = 2): string {
  const { median, least, most } = spreadOf(values);
  return `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}
