import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeType } from '../../src/domain/catalog/attribute.ts';
import { isAbsent, parseNumber, typeOfCell } from '../../src/importing/cell.ts';
import { convertCell } from '../../src/importing/convert-cell.ts';
import { MemoryStore } from './memory-store.ts';

describe('typeOfCell', () => {
  it.each([
    ['12', 'NUMBER'],
    ['-0.5', 'NUMBER'],
    ['.097', 'NUMBER'],
    ['1e3', 'NUMBER'],
    [' 7 ', 'NUMBER'],
    ['0', 'NUMBER'],
    ['0.10', 'NUMBER'],
    ['00501', 'TEXT'],
    ['+4915112345', 'TEXT'],
    ['9007199254740993', 'TEXT'],
    ['12e4567', 'TEXT'],
    ['1,5', 'TEXT'],
    ['0x10', 'TEXT'],
    ['NA', 'TEXT'],
    ['TRUE', 'BOOLEAN'],
    ['yes', 'TEXT'],
    ['2024-05-31', 'TIMESTAMP'],
    ['31.05.2024', 'TEXT'],
    ['{"a": 1}', 'JSON'],
    ['[1, 2]', 'JSON'],
    ['[not json]', 'TEXT'],
    ['', null],
    ['  ', 'TEXT'],
    ['0.1234567890123456789', 'TEXT'],
    ['0.10000000000000001', 'NUMBER'],
    ['1e-400', 'TEXT'],
    ['[1e400]', 'TEXT'],
  ])('of an untyped %j is %s', (text, type) => {
    expect(typeOfCell(text, true)).toBe(type);
  });

  it.each([
    ['12', 'TEXT'],
    ['true', 'TEXT'],
    ['', 'TEXT'],
    ['2024-05-31T00:00:00Z', 'TIMESTAMP'],
    [12, 'NUMBER'],
    [Number.NaN, null],
    [false, 'BOOLEAN'],
    [[1], 'JSON'],
    [{}, 'JSON'],
    [new Date(0), 'TIMESTAMP'],
    [null, null],
    [undefined, null],
  ])('of a typed %j is %s', (value, type) => {
    expect(typeOfCell(value, false)).toBe(type);
  });
});

const limits = { maxValueBytes: 1000, maxListElements: 1_000 };
const attribute = (type: AttributeType) => new MemoryStore().define({ key: 'the_key', type });

describe('parseNumber', () => {
  it('reads back every number that text represents exactly, and no other integer', () => {
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (number) => {
        const digits = /^-?[0-9]+$/.test(String(number));
        const exact = !digits || Number.isSafeInteger(number);
        expect(parseNumber(String(number))).toBe(exact ? number + 0 : null);
      }),
    );
  });
});

describe('convertCell', () => {
  it('accepts every cell as its own type', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (text, untyped) => {
        const type = typeOfCell(text, untyped);
        if (type === null || isAbsent(text, untyped) || text.includes('\0')) return;
        expect(() => convertCell(text, attribute(type), untyped, limits)).not.toThrow();
      }),
    );
  });

  it.each([
    [300, 'TEXT', '300'],
    [true, 'TEXT', 'true'],
    [{ b: 1, a: [2] }, 'TEXT', '{"a":[2],"b":1}'],
    ['12.50', 'NUMBER', 12.5],
    ['False', 'BOOLEAN', false],
    ['2024-05-31', 'TIMESTAMP', '2024-05-31T00:00:00.000Z'],
    [new Date(0), 'TIMESTAMP', '1970-01-01T00:00:00.000Z'],
    [new Date(0), 'TEXT', '1970-01-01T00:00:00.000Z'],
    [5, 'JSON', 5],
    ['plain', 'JSON', 'plain'],
    [['a', '1', 'a'], 'TEXT_LIST', ['a', '1', 'a']],
    [[], 'TEXT_LIST', []],
    [[1, 2.5], 'NUMBER_LIST', [1, 2.5]],
  ] as const)('turns %j into %s %j', (value, type, expected) => {
    expect(convertCell(value as string, attribute(type), false, limits)).toEqual(expected);
  });

  it.each([
    ['00501', 'NUMBER'],
    [1, 'BOOLEAN'],
    [true, 'NUMBER'],
    [1517966773840, 'TIMESTAMP'],
    ['Jun 12 1998', 'TIMESTAMP'],
    ['a', 'TEXT_LIST'],
    [7, 'NUMBER_LIST'],
  ] as const)('rejects %j as %s and says what was expected', (value, type) => {
    expect(() => convertCell(value, attribute(type), false, limits)).toThrow(
      expect.objectContaining({
        code: 'ATTRIBUTE_TYPE_MISMATCH',
        message: expect.stringMatching(new RegExp(`^Attribute "the_key" has type ${type} but got .*; expected .*\\.$`)),
      }),
    );
  });

  it.each([Number.POSITIVE_INFINITY, [1, Number.NEGATIVE_INFINITY], { a: Number.POSITIVE_INFINITY }])(
    'rejects %j in a text, in which JSON would write null',
    (value) => {
      expect(() => convertCell(value, attribute('TEXT'), false, limits)).toThrow(
        'contains a number that is infinite or too large for a double; expected finite numbers',
      );
    },
  );

  it('reads lists from text that has no types, and refuses what is not an element, or would lose digits', () => {
    expect(convertCell('["a", "b"]', attribute('TEXT_LIST'), true, limits)).toEqual(['a', 'b']);
    expect(convertCell(' [1, 2.50]', attribute('NUMBER_LIST'), true, limits)).toEqual([1, 2.5]);
    expect(() => convertCell('["a", 1]', attribute('TEXT_LIST'), true, limits)).toThrow(
      'has a list whose element 2 is a number; expected a text',
    );
    expect(() => convertCell(['a', null], attribute('TEXT_LIST'), false, limits)).toThrow(
      'has a list whose element 2 is null; expected a text',
    );
    expect(() => convertCell('[12345678901234567890]', attribute('NUMBER_LIST'), true, limits)).toThrow(
      'has a list whose element 1 is a string; expected a number',
    );
    expect(() => convertCell('{"a": 1}', attribute('TEXT_LIST'), true, limits)).toThrow('expected a list of texts');
  });

  it('keeps the digits of numbers inside a JSON cell', () => {
    const text = '{"__proto__":12345678901234567890,"a":[0.1234567890123456789,1e5]}';
    const value = convertCell(text, attribute('JSON'), true, limits);
    expect(JSON.stringify(value)).toBe('{"__proto__":"12345678901234567890","a":["0.1234567890123456789",100000]}');
  });

  it.each(['a\0b', '\ud800', { nested: ['\udfff'] }, Number.POSITIVE_INFINITY, new Date(8.64e15), 'x'.repeat(1001)])(
    'rejects %j, which no attribute can store',
    (value) => {
      const type = typeOfCell(value, false) ?? 'TEXT';
      expect(() => convertCell(value, attribute(type), false, limits)).toThrow(
        expect.objectContaining({ code: 'ATTRIBUTE_INVALID' }),
      );
    },
  );
});
