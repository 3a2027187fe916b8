import { nearestFloat, nearestRoot } from '../../../src/lib/nearest-float.ts';

const ONE = 2n ** 1074n;

/** In units of 2^-1074. */
function unitsOf(value: number): bigint {
  let [scaled, halvings] = [value, 0];
  for (; !Number.isInteger(scaled); halvings++) scaled *= 2;
  return (BigInt(scaled) * ONE) >> BigInt(halvings);
}

export interface NumberFacts {
  readonly count: bigint;
  readonly min: number | null;
  readonly max: number | null;
  readonly sum: number | null;
  readonly mean: number | null;
  readonly stddev: number | null;
  readonly stddevSample: number | null;
}

/** The statistics of some numbers by their definitions, from fractions that are exact. */
export function factsOf(numbers: readonly number[]): NumberFacts {
  const count = BigInt(numbers.length);
  const sum = numbers.reduce((all, value) => all + unitsOf(value), 0n);
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  const deviation = (divisor: bigint) => {
    // Σ(x − sum/n)² / divisor, with n² as the common denominator of the squares.
    const squares = numbers.reduce((all, value) => all + (count * unitsOf(value) - sum) ** 2n, 0n);
    return finite(nearestRoot(squares, count * count * divisor * ONE * ONE));
  };
  return {
    count,
    min: numbers.length === 0 ? null : Math.min(...numbers),
    max: numbers.length === 0 ? null : Math.max(...numbers),
    sum: numbers.length === 0 ? null : finite(nearestFloat(sum, ONE)),
    mean: numbers.length === 0 ? null : nearestFloat(sum, count * ONE),
    stddev: count === 0n ? null : deviation(count),
    stddevSample: count < 2n ? null : deviation(count - 1n),
  };
}

/** As SQL's percentile_disc. */
export function quantileOf(numbers: readonly number[], level: number): number | null {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(level * sorted.length)) - 1] ?? null;
}

/** Whether a quantile is as near to the true one as is promised. */
export function isNear(quantile: number | null, truth: number | null): boolean {
  if (quantile === null || truth === null) return quantile === truth;
  // Below the smallest normal number, floats have fewer digits.
  return Math.abs(quantile - truth) <= Math.max(Math.abs(truth) / 256, 2 ** -1022);
}
