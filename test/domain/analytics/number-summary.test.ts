import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BinSize, binShift, type NumberBin, NumberSummary } from '../../../src/domain/analytics/number-summary.ts';
import { factsIn } from '../../datasources/analytics.conformance.ts';
import { factsOf, isNear, quantileOf } from '../../datasources/support/naive-numbers.ts';

const view = new DataView(new ArrayBuffer(8));

/** What a source returns for a single number. */
function binOf(value: number, size: BinSize): NumberBin {
  view.setFloat64(0, value);
  const bits = view.getBigInt64(0);
  const isNormal = ((bits >> 52n) & 2047n) > 0n;
  const sum = (bits & (2n ** 52n - 1n)) | (isNormal ? 2n ** 52n : 0n);
  return {
    bin: Number(bits >> BigInt(binShift(size))),
    ...{ count: 1n, min: value, max: value, sum, squares: sum * sum },
  };
}

function summaryOf(numbers: readonly number[], size: BinSize = 'quantile'): NumberSummary {
  const summary = new NumberSummary(size);
  for (const value of numbers) summary.add(binOf(value, size));
  return summary;
}

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.integer({ min: -100, max: 100 }),
  fc.constantFrom(5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 0.1, 1e16),
);

describe('a summary of numbers', () => {
  it('has the count, extremes, sum, mean and deviations by their definitions, correctly rounded, in any order', () => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 40 }), (numbers) => {
        expect(factsIn(summaryOf(numbers))).toEqual(factsOf(numbers));
        expect(factsIn(summaryOf([...numbers].reverse(), 'exponent'))).toEqual(factsOf(numbers));
      }),
    );
  });

  it('loses nothing to cancellation', () => {
    expect(summaryOf([1e16, 1, -1e16]).sum).toBe(1);
    expect(summaryOf([1e9, 1e9 + 1, 1e9 + 2]).stddev).toBe(Math.sqrt(2 / 3));
    expect(summaryOf([Number.MAX_VALUE, Number.MAX_VALUE])).toMatchObject({
      sum: null,
      mean: Number.MAX_VALUE,
      stddev: 0,
    });
  });

  it('has quantiles that are at most 1/256 from the number at their rank', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(number, fc.double({ min: 1, max: 1.1, noNaN: true })), { minLength: 1, maxLength: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (numbers, level) => {
          const [quantile, truth] = [summaryOf(numbers).quantile(level), quantileOf(numbers, level)];
          expect(isNear(quantile, truth), `${quantile} for ${truth}`).toBe(true);
        },
      ),
    );
  });

  it('has the extremes as its outermost quantiles, and none without numbers', () => {
    const summary = summaryOf([3, -7, 100, 0]);
    expect([0, 0.25, 0.5, 0.75, 1].map((level) => summary.quantile(level))).toEqual([-7, -7, 0, 3, 100]);
    expect(summaryOf([]).quantile(0.5)).toBeNull();
    expect(summaryOf([])).toMatchObject({ count: 0n, min: null, max: null, sum: null, mean: null, stddev: null });
  });
});
