import fc from 'fast-check';
import { parseValue } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bigIntScalar, dateTimeScalar } from '../../src/resolvers/scalars.ts';

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

describe('DateTime', () => {
  it.each([
    ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01T01:30:00.1239+02:00', '2026-02-28T23:30:00.123Z'],
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ])('%s is %s', (text, moment) => {
    expect(dateTimeScalar.parseValue(text).toISOString()).toBe(moment);
    expect(dateTimeScalar.parseLiteral(parseValue(`"${text}"`)).toISOString()).toBe(moment);
  });

  it.each([
    '2026-3-1',
    '2026-02-30',
    '2026-02-29',
    '2026-13-01',
    '2026-03',
    '2026-03-01T12:00:00',
    '2026-03-01 12:00:00Z',
    '01.03.2026',
    '',
    1_772_366_400_000,
    null,
    true,
    {},
  ])('is not %j, and the error says what would be', (value) => {
    const refusal = `Invalid DateTime ${JSON.stringify(value)}; expected a time with its UTC offset, such as "2026-03-01T12:00:00Z", or a date, such as "2026-03-01"`;
    expect(() => dateTimeScalar.parseValue(value)).toThrow(refusal);
  });

  it('is not another literal', () => {
    expect(() => dateTimeScalar.parseLiteral(parseValue('2026'))).toThrow('Invalid DateTime 2026;');
  });
});
