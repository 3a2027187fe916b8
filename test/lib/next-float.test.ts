import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDown, nextUp } from '../../src/lib/next-float.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e308, max: 1e308 });

describe('nextUp and nextDown', () => {
  it('return adjacent values', () => {
    fc.assert(
      fc.property(finite, (value) => {
        const up = nextUp(value);
        const middle = value / 2 + up / 2;
        return up > value && (middle === value || middle === up) && nextDown(up) === value;
      }),
    );
  });

  it('pass through zero', () => {
    expect([nextUp(0), nextUp(-0), nextUp(-Number.MIN_VALUE), nextDown(0)]).toEqual([5e-324, 5e-324, -0, -5e-324]);
  });
});
