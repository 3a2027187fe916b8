import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeType } from '../../../src/domain/catalog/attribute.ts';
import { checkAttributeKey } from '../../../src/domain/catalog/attribute-key.ts';
import { checkEntityType } from '../../../src/domain/entity-type.ts';
import { type AttributeInput, attributeValue } from '../../../src/domain/values/attribute-value.ts';
import type { JsonValue } from '../../../src/lib/canonical-json.ts';
import { attribute } from '../../support/domain.ts';

const limits = { maxValueBytes: 100, maxListElements: 1_000 };

const stored = (type: AttributeType, input: Omit<AttributeInput, 'key'>) =>
  attributeValue(attribute({ type, key: 'size' }), { key: 'size', ...input }, limits);

describe('a value for an attribute', () => {
  it.each<[AttributeType, Omit<AttributeInput, 'key'>, JsonValue]>([
    ['TEXT', { text: '' }, ''],
    ['TEXT', { text: 'é😀', number: null }, 'é😀'],
    ['NUMBER', { number: 0 }, 0],
    ['NUMBER', { number: -1.5e300 }, -1.5e300],
    ['BOOLEAN', { boolean: false }, false],
    ['TIMESTAMP', { timestamp: new Date('2024-02-29T12:00:00+02:00') }, '2024-02-29T10:00:00.000Z'],
    ['TIMESTAMP', { timestamp: new Date('0001-01-01T00:00:00Z') }, '0001-01-01T00:00:00.000Z'],
    ['JSON', { json: { a: [1, null, 'x'] } }, { a: [1, null, 'x'] }],
    ['JSON', { json: false }, false],
  ])('of type %s is stored: %j', (type, input, value) => {
    expect(stored(type, input)).toEqual(value);
  });

  it('is stored as zero if it is minus zero', () => {
    expect(Object.is(stored('NUMBER', { number: -0 }), 0)).toBe(true);
  });

  it.each<[AttributeType, Omit<AttributeInput, 'key'>, string, string]>([
    [
      'NUMBER',
      { text: '5' },
      'ATTRIBUTE_TYPE_MISMATCH',
      'has type NUMBER but got its value in the field text; expected the field number',
    ],
    ['TEXT', {}, 'ATTRIBUTE_INVALID', 'has no value; expected exactly one, in the field text'],
    [
      'TEXT',
      { text: 'x', number: 1 },
      'ATTRIBUTE_INVALID',
      'has 2 values (text, number); expected exactly one, in the field text',
    ],
    ['TEXT', { text: 'a\0' }, 'ATTRIBUTE_INVALID', 'NUL character'],
    ['TEXT', { text: '\ud800' }, 'ATTRIBUTE_INVALID', 'unpaired surrogate'],
    ['TEXT', { text: 'é'.repeat(50) }, 'ATTRIBUTE_INVALID', 'has a value of 102 bytes; the limit is 100'],
    ['NUMBER', { number: Number.NaN }, 'ATTRIBUTE_INVALID', 'expected a finite number'],
    ['NUMBER', { number: Number.POSITIVE_INFINITY }, 'ATTRIBUTE_INVALID', 'expected a finite number'],
    ['TIMESTAMP', { timestamp: new Date('+010000-01-01T00:00:00Z') }, 'ATTRIBUTE_INVALID', 'years 0001 to 9999'],
    ['TIMESTAMP', { timestamp: new Date('0000-12-31T23:59:59Z') }, 'ATTRIBUTE_INVALID', 'years 0001 to 9999'],
    ['TIMESTAMP', { timestamp: new Date(Number.NaN) }, 'ATTRIBUTE_INVALID', 'years 0001 to 9999'],
    ['JSON', { json: { 'a\0': 1 } }, 'ATTRIBUTE_INVALID', 'NUL character'],
    ['JSON', { json: [['\udc00']] }, 'ATTRIBUTE_INVALID', 'unpaired surrogate'],
    ['JSON', { json: [Number.POSITIVE_INFINITY] }, 'ATTRIBUTE_INVALID', 'finite numbers'],
  ])('of type %s is refused: %j', (type, input, code, message) => {
    expect(() => stored(type, input)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it('is refused if JSON is nested so deeply that handling it would overflow the stack', () => {
    const deep = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) as JsonValue;
    expect(() => stored('JSON', { json: deep })).toThrow('the limit is 100 levels');
  });

  it('survives the round trip through JSON text as stored', () => {
    const roomy = { maxValueBytes: 1_000_000, maxListElements: 1_000 };
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        fc.pre(json !== null && !/\\u0000|\\ud[89a-f]/.test(JSON.stringify(json)));
        const value = attributeValue(attribute({ type: 'JSON' }), { key: 'size', json: json as JsonValue }, roomy);
        expect(JSON.parse(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(json)));
      }),
    );
  });
});

describe('an attribute key', () => {
  it.each(['a', 'last_seen', 'a1__b_', 'a'.repeat(63)])('may be %s', (key) => {
    expect(() => checkAttributeKey(key)).not.toThrow();
  });

  it.each(['', 'A', '1a', '_a', 'a-b', 'é', 'a b', 'a\n', 'a'.repeat(64)])('may not be %j', (key) => {
    expect(() => checkAttributeKey(key)).toThrow(expect.objectContaining({ code: 'ATTRIBUTE_INVALID' }));
  });
});

describe('an entity type', () => {
  it.each(['user', 'Movie', 'iot:sensor-1.2_x'])('may be %s', (type) => {
    expect(() => checkEntityType(type)).not.toThrow();
  });

  it.each(['', '1', 'a b', 'a\0', 'a'.repeat(64)])('may not be %j', (type) => {
    expect(() => checkEntityType(type)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});
