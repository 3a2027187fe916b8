export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** @param values at least one. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return { median: (quantile(sorted, 0.5) + upper) / 2, least: quantile(sorted, 0), most: quantile(sorted, 1) };
}

/** @param sorted ascending. @param level from 0 to 1. */
export function quantile(sorted: readonly number[], level: number): number {
  return sorted[Math.floor((sorted.length - 1) * level)] ?? Number.NaN;
}
