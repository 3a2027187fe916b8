import { describe, expect, it } from 'vitest';
import type { AttributeRules, AttributeType } from '../../../src/domain/catalog/attribute.ts';
import { checkAttributeRules } from '../../../src/domain/rules/attribute-rules.ts';
import type { JsonValue } from '../../../src/lib/canonical-json.ts';

const nested = (levels: number): JsonValue =>
  levels === 0 ? { type: 'string' } : { type: 'object', properties: { a: nested(levels - 1) } };

describe('the rules of an attribute', () => {
  it.each<[AttributeType, AttributeRules]>([
    ['TEXT', {}],
    ['TEXT', { enum: ['active', ''], maxLength: 1, pattern: '' }],
    ['TEXT', { pattern: '^[\\w.+-]+@[\\w-]+\\.[\\w.]+$' }],
    ['TEXT', { pattern: '^.{1,255}$' }],
    ['TEXT', { pattern: '^[\\u4e00-\\u9fff]{2,}\\/(?<part>\\p{Lu}*)' }],
    ['NUMBER', { enum: [0, -1.5], min: -2, max: -2 }],
    ['BOOLEAN', {}],
    ['TIMESTAMP', { earliest: '0001-01-01T00:00:00.000Z', latest: '9999-12-31T23:59:59.999Z' }],
    ['JSON', { schema: {} }],
    [
      'JSON',
      { schema: { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'https://example.org/a', title: 'A' } },
    ],
    [
      'JSON',
      { schema: { type: 'object', properties: { $ref: { type: 'string' }, format: {} }, required: ['format'] } },
    ],
    ['JSON', { schema: nested(24) }],
  ])('of type %s may be %j', (type, rules) => {
    expect(() => checkAttributeRules('size', type, rules)).not.toThrow();
  });

  it.each<[AttributeType, AttributeRules, string]>([
    ['NUMBER', { pattern: 'a' }, 'pattern does not apply to type NUMBER; rules for this type: enum, min, max'],
    ['TEXT', { min: 1 }, 'min does not apply to type TEXT; rules for this type: enum, maxLength, pattern'],
    ['TIMESTAMP', { max: 1 }, 'max does not apply to type TIMESTAMP; rules for this type: earliest, latest'],
    ['BOOLEAN', { enum: [true] }, 'enum does not apply to type BOOLEAN; rules for this type: none'],
    ['JSON', { enum: [{}] }, 'enum does not apply to type JSON; rules for this type: schema'],
    ['TEXT', { enum: [] }, 'enum is empty; expected at least one value'],
    ['TEXT', { enum: ['1', 2] }, 'enum contains 2; expected values of type TEXT'],
    ['NUMBER', { enum: [1, '2'] }, 'enum contains "2"; expected values of type NUMBER'],
    ['TEXT', { enum: ['a\0'] }, 'NUL character'],
    ['TEXT', { enum: ['a'.repeat(16_384)] }, 'bytes as JSON; the limit is 16384'],
    ['NUMBER', { min: 3, max: 2 }, 'min 3 is greater than max 2'],
    ['TEXT', { maxLength: 0 }, 'maxLength is 0; expected at least 1'],
    ['TIMESTAMP', { earliest: '+010000-01-01T00:00:00.000Z' }, 'earliest is out of range'],
    ['TIMESTAMP', { latest: '0000-01-01T00:00:00.000Z' }, 'latest is out of range'],
    [
      'TIMESTAMP',
      { earliest: '2026-01-02T00:00:00.000Z', latest: '2026-01-01T00:00:00.000Z' },
      'earliest 2026-01-02T00:00:00.000Z is after latest 2026-01-01T00:00:00.000Z',
    ],
    ['TEXT', { pattern: '(' }, 'pattern is not supported (missing closing ): `(`); expected a regular expression'],
    ['TEXT', { pattern: '(a)\\1' }, 'without lookahead, lookbehind and backreferences'],
    ['TEXT', { pattern: 'a(?=b)' }, 'without lookahead, lookbehind and backreferences'],
    ['TEXT', { pattern: 'a'.repeat(1_001) }, 'pattern has 1001 characters; the limit is 1000'],
    ['TEXT', { pattern: '(a{500}){2}' }, 'steps per character; the limit is 600, so use fewer repetitions'],
    ['TEXT', { pattern: '((a{100}){100}){100}' }, 'pattern is not supported (invalid repeat count'],
    ['JSON', { schema: true }, 'schema is not an object'],
    ['JSON', { schema: [] }, 'schema is not an object'],
    ['JSON', { schema: { type: 'text' } }, 'schema is not a supported JSON Schema 2020-12: /type must be equal to'],
    ['JSON', { schema: { minLenght: 1 } }, 'unknown keyword: "minLenght"'],
    ['JSON', { schema: { $schema: 'http://json-schema.org/draft-07/schema#' } }, 'draft-07'],
    ['JSON', { schema: { $ref: 'https://example.org/a' } }, '$ref is not supported; inline what it refers to'],
    ['JSON', { schema: { properties: { a: { $ref: '#' } } } }, '$ref is not supported'],
    ['JSON', { schema: { $dynamicRef: '#a' } }, '$dynamicRef is not supported'],
    ['JSON', { schema: { $async: true } }, '$async is not supported; remove it'],
    ['JSON', { schema: { format: 'email' } }, 'format is not supported; use pattern'],
    ['JSON', { schema: { type: 'string', pattern: '(' } }, 'pattern is not supported'],
    ['JSON', { schema: { patternProperties: { '(?!a)': {} } } }, 'pattern is not supported'],
    [
      'JSON',
      { schema: { prefixItems: [{ pattern: 'a{400}' }, { pattern: 'b{400}' }] } },
      'patterns that take 804 steps',
    ],
    ['JSON', { schema: nested(25) }, 'schema is nested too deeply; the limit is 50 levels'],
  ])('of type %s may not be %j', (type, rules, message) => {
    expect(() => checkAttributeRules('size', type, rules)).toThrow(
      expect.objectContaining({ code: 'ATTRIBUTE_INVALID', message: expect.stringContaining(message) }),
    );
    expect(() => checkAttributeRules('size', type, rules)).toThrow('Attribute "size" has an invalid rule: ');
  });

  it('may not be nested so deeply that handling them would overflow the stack', () => {
    const schema = JSON.parse(`${'{"not":'.repeat(50_000)}{}${'}'.repeat(50_000)}`) as JsonValue;
    expect(() => checkAttributeRules('size', 'JSON', { schema })).toThrow('schema is nested too deeply');
  });
});
