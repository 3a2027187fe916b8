import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestFloat, nearestRoot } from '../../src/lib/nearest-float.ts';

const ONE = 2n ** 1074n;
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const whole = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

/** In units of 2^-1074. */
function unitsOf(value: number): bigint {
  let [scaled, halvings] = [value, 0];
  for (; !Number.isInteger(scaled); halvings++) scaled *= 2;
  return (BigInt(scaled) * ONE) >> BigInt(halvings);
}

describe('the float nearest to a fraction', () => {
  it('is the float itself, if it is one', () => {
    fc.assert(fc.property(double, (value) => void expect(nearestFloat(unitsOf(value), ONE)).toBe(value)));
    for (const value of [5e-324, -5e-324, Number.MAX_VALUE, 2.2250738585072014e-308, 0.1]) {
      expect(nearestFloat(unitsOf(value), ONE)).toBe(value);
    }
  });

  it('is rounded as IEEE 754 rounds sums and quotients', () => {
    fc.assert(
      fc.property(double, double, (a, b) => void expect(nearestFloat(unitsOf(a) + unitsOf(b), ONE)).toBe(a + b + 0)),
    );
    fc.assert(fc.property(whole, whole, (a, b) => void expect(nearestFloat(BigInt(a), BigInt(b))).toBe(a / b)));
  });

  it('is infinite beyond the largest', () => {
    expect(nearestFloat(unitsOf(Number.MAX_VALUE) * 2n, ONE)).toBe(Number.POSITIVE_INFINITY);
    expect(nearestFloat(unitsOf(-Number.MAX_VALUE) * 3n, ONE)).toBe(Number.NEGATIVE_INFINITY);
  });
});

it('the float nearest to the root of a fraction is rounded as IEEE 754 rounds roots', () => {
  fc.assert(fc.property(whole, (value) => void expect(nearestRoot(BigInt(value), 1n)).toBe(Math.sqrt(value))));
  fc.assert(
    fc.property(double, (value) => {
      expect(nearestRoot(unitsOf(Math.abs(value)), ONE)).toBe(Math.sqrt(Math.abs(value)));
    }),
  );
});
