import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactNumber } from '../../src/importing/exact-number.ts';

describe('exactNumber', () => {
  it.each([
    ['0', 0],
    ['-7.50', -7.5],
    ['0.1', 0.1],
    ['0.10000000000000001', 0.1],
    ['9007199254740991', 2 ** 53 - 1],
    ['1e300', 1e300],
    ['0.0000000000000000000000', 0],
    ['0e999', 0],
    ['-73861024429625.12', -73861024429625.12],
    ['5e-324', 5e-324],
  ])('reads %s', (literal, value) => {
    expect(exactNumber(literal)).toBe(value);
  });

  it.each([
    '9007199254740993',
    '10000000000000000',
    '12345678901234567890.12',
    '0.1234567890123456789',
    '1e400',
    '1e-400',
    '1.1e-323',
  ])('does not read %s, of which a double loses digits', (literal) => {
    expect(exactNumber(literal)).toBeNull();
  });

  it('reads every double back from each of its common forms', () => {
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (number) => {
        for (const literal of [String(number), number.toExponential(), number.toExponential(16)]) {
          const unsafe = /^-?[0-9]+$/.test(literal) && !Number.isSafeInteger(number);
          expect(exactNumber(literal)).toBe(unsafe ? null : number + 0);
        }
      }),
    );
  });

  it('reads a literal only if the double, written with as many digits, is the same literal', () => {
    const digits = fc.stringMatching(/^[1-9][0-9]{0,24}$/);
    fc.assert(
      fc.property(digits, fc.integer({ min: -340, max: 340 }), (significand, exponent) => {
        const literal = `${significand}e${exponent}`;
        const value = exactNumber(literal);
        if (value === null) return;
        const forms = [value.toExponential(significand.length - 1), value.toExponential()].map((form) => {
          const [, whole = '', power = ''] = /^(.*)e(.*)$/.exec(form) ?? [];
          const digits = whole.replace('.', '').padEnd(significand.length, '0');
          return `${digits}e${Number(power) - digits.length + 1}`;
        });
        expect(forms).toContain(literal);
      }),
      { numRuns: 1_000 },
    );
  });
});
