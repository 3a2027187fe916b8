import fc from 'fast-check';
import { parseValue } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bigIntScalar } from '../../src/resolvers/scalars.ts';

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

describe('BigInt', () => {
  it('survives a round trip as JSON', () => {
    fc.assert(
      fc.property(int64, (value) => {
        const json: unknown = JSON.parse(JSON.stringify(bigIntScalar.serialize(value)));
        expect(bigIntScalar.parseValue(json)).toBe(value);
      }),
    );
  });

  it('is a number as long as JavaScript holds it exactly, a string beyond', () => {
    expect(bigIntScalar.serialize(2n ** 53n - 1n)).toBe(9007199254740991);
    expect(bigIntScalar.serialize(2n ** 53n)).toBe('9007199254740992');
    expect(bigIntScalar.serialize(-(2n ** 63n))).toBe('-9223372036854775808');
  });

  it('is read from literals of both forms', () => {
    expect(bigIntScalar.parseLiteral(parseValue('9223372036854775807'))).toBe(2n ** 63n - 1n);
    expect(bigIntScalar.parseLiteral(parseValue('"12"'))).toBe(12n);
  });

  it('is nothing else', () => {
    for (const value of [1.5, 2 ** 53, Number.NaN, '1.0', '', ' 1', '0x1', '9223372036854775808', true, null, {}]) {
      expect(() => bigIntScalar.parseValue(value)).toThrow('whole number');
    }
    expect(() => bigIntScalar.parseLiteral(parseValue('1.0'))).toThrow('whole number');
  });
});
