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
    ['NUMBER', { pattern: 'a' }, 'pattern is not for attributes of type NUMBER: give enum, min, max'],
    ['TEXT', { min: 1 }, 'min is not for attributes of type TEXT: give enum, maxLength, pattern'],
    ['TIMESTAMP', { max: 1 }, 'max is not for attributes of type TIMESTAMP: give earliest, latest'],
    ['BOOLEAN', { enum: [true] }, 'enum is not for attributes of type BOOLEAN: there is none for them'],
    ['JSON', { enum: [{}] }, 'enum is not for attributes of type JSON: give schema'],
    ['TEXT', { enum: [] }, 'enum is empty: give the values that are allowed'],
    ['TEXT', { enum: ['1', 2] }, 'enum has 2: give values of type TEXT'],
    ['NUMBER', { enum: [1, '2'] }, 'enum has "2": give values of type NUMBER'],
    ['TEXT', { enum: ['a\0'] }, 'NUL character'],
    ['TEXT', { enum: ['a'.repeat(16_384)] }, 'bytes as JSON: give at most 16384'],
    ['NUMBER', { min: 3, max: 2 }, 'min 3 is more than max 2'],
    ['TEXT', { maxLength: 0 }, 'maxLength is 0: give a whole number from 1'],
    ['TIMESTAMP', { earliest: '+010000-01-01T00:00:00.000Z' }, 'earliest is out of range'],
    ['TIMESTAMP', { latest: '0000-01-01T00:00:00.000Z' }, 'latest is out of range'],
    [
      'TIMESTAMP',
      { earliest: '2026-01-02T00:00:00.000Z', latest: '2026-01-01T00:00:00.000Z' },
      'earliest 2026-01-02T00:00:00.000Z is after latest 2026-01-01T00:00:00.000Z',
    ],
    ['TEXT', { pattern: '(' }, 'pattern is not accepted (missing closing ): `(`): give a regular expression'],
    ['TEXT', { pattern: '(a)\\1' }, 'without lookahead, lookbehind and backreferences'],
    ['TEXT', { pattern: 'a(?=b)' }, 'without lookahead, lookbehind and backreferences'],
    ['TEXT', { pattern: 'a'.repeat(1_001) }, 'pattern has 1001 characters: give at most 1000'],
    ['TEXT', { pattern: '(a{500}){2}' }, 'steps per character: repeat fewer times'],
    ['TEXT', { pattern: '((a{100}){100}){100}' }, 'pattern is not accepted (invalid repeat count'],
    ['JSON', { schema: true }, 'schema is no object'],
    ['JSON', { schema: [] }, 'schema is no object'],
    [
      'JSON',
      { schema: { type: 'text' } },
      'schema is no JSON Schema 2020-12 that can be checked: /type must be equal to',
    ],
    ['JSON', { schema: { minLenght: 1 } }, 'unknown keyword: "minLenght"'],
    ['JSON', { schema: { $schema: 'http://json-schema.org/draft-07/schema#' } }, 'draft-07'],
    ['JSON', { schema: { $ref: 'https://example.org/a' } }, '$ref is not available: write out what it refers to'],
    ['JSON', { schema: { properties: { a: { $ref: '#' } } } }, '$ref is not available'],
    ['JSON', { schema: { $dynamicRef: '#a' } }, '$dynamicRef is not available'],
    ['JSON', { schema: { $async: true } }, '$async is not available: leave it out'],
    ['JSON', { schema: { format: 'email' } }, 'format is not available: give a pattern'],
    ['JSON', { schema: { type: 'string', pattern: '(' } }, 'pattern is not accepted'],
    ['JSON', { schema: { patternProperties: { '(?!a)': {} } } }, 'pattern is not accepted'],
    [
      'JSON',
      { schema: { prefixItems: [{ pattern: 'a{400}' }, { pattern: 'b{400}' }] } },
      'patterns that take 804 steps',
    ],
    ['JSON', { schema: nested(25) }, 'schema is nested too deeply: nest at most 50 levels'],
  ])('of type %s may not be %j', (type, rules, message) => {
    expect(() => checkAttributeRules('size', type, rules)).toThrow(
      expect.objectContaining({ code: 'ATTRIBUTE_INVALID', message: expect.stringContaining(message) }),
    );
    expect(() => checkAttributeRules('size', type, rules)).toThrow('Attribute "size" has a rule that cannot be kept: ');
  });

  it('may not be nested so deeply that handling them would overflow the stack', () => {
    const schema = JSON.parse(`${'{"not":'.repeat(50_000)}{}${'}'.repeat(50_000)}`) as JsonValue;
    expect(() => checkAttributeRules('size', 'JSON', { schema })).toThrow('schema is nested too deeply');
  });
});
