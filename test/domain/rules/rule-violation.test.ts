import { describe, expect, it } from 'vitest';
import type { AttributeRules, AttributeValue } from '../../../src/domain/catalog/attribute.ts';
import { ruleViolation } from '../../../src/domain/rules/rule-violation.ts';
import type { JsonValue } from '../../../src/lib/canonical-json.ts';

const address = {
  type: 'object',
  properties: {
    city: { type: 'string', pattern: '^[A-Z]' },
    zip: { type: 'string', pattern: '^[0-9]{5}$' },
    tags: { type: 'array', uniqueItems: true },
  },
  required: ['city'],
  additionalProperties: false,
};

describe('a value', () => {
  it.each<[AttributeRules, AttributeValue]>([
    [{}, 'anything'],
    [{ enum: ['a', 'b'] }, 'b'],
    [{ enum: [0, 1.5] }, 0],
    [{ min: 1, max: 2 }, 1],
    [{ min: 1, max: 2 }, 2],
    [{ earliest: '2026-01-01T00:00:00.000Z', latest: '2026-01-02T00:00:00.000Z' }, '2026-01-01T00:00:00.000Z'],
    [{ earliest: '2026-01-01T00:00:00.000Z', latest: '2026-01-02T00:00:00.000Z' }, '2026-01-02T00:00:00.000Z'],
    [{ maxLength: 3 }, '🦊🦊🦊'],
    [{ pattern: 'b' }, 'abc'],
    [{ pattern: '^.$' }, '🦊'],
    [{ schema: address }, { city: 'Bonn', zip: '53111', tags: [{ a: 1, b: 2 }, { a: 1 }] }],
    [{ schema: { type: 'string', maxLength: 1 } }, '🦊'],
    [{ schema: { properties: { a: { $id: 'https://example.org/same' } } } }, {}],
    [{ schema: { items: { $id: 'https://example.org/same' } } }, {}],
  ])('that keeps %j may be %j', (rules, value) => {
    expect(ruleViolation(rules, value)).toBeNull();
  });

  it.each<[AttributeRules, AttributeValue, string]>([
    [{ enum: ['a', 'b'] }, 'c', 'violates rule enum: got "c"; expected one of "a", "b"'],
    [
      { enum: Array.from({ length: 12 }, (_, n) => n) },
      99,
      'got 99; expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … (12 values)',
    ],
    [{ min: 1 }, 0.5, 'violates rule min: got 0.5; expected at least 1'],
    [{ max: 1 }, 1.5, 'violates rule max: got 1.5; expected at most 1'],
    [
      { earliest: '2026-01-01T00:00:00.000Z' },
      '2025-12-31T23:59:59.999Z',
      'violates rule earliest: got "2025-12-31T23:59:59.999Z"; expected at least "2026-01-01T00:00:00.000Z"',
    ],
    [{ latest: '2026-01-01T00:00:00.000Z' }, '2026-01-01T00:00:00.001Z', 'violates rule latest'],
    [{ maxLength: 2 }, '🦊🦊🦊', 'violates rule maxLength: got 3 characters; expected at most 2'],
    [{ maxLength: 10, pattern: '^a$' }, 'a\n', 'violates rule pattern: got "a\\n"; expected text matching ^a$'],
    [{ pattern: 'a' }, 'a'.repeat(5_001), 'the limit for matching is 5000'],
    [{ schema: address }, { city: 'bonn' }, 'violates rule schema: /city must match pattern "^[A-Z]"'],
    [{ schema: address }, { city: 'Bonn', zip: 'X' }, '/zip must match pattern "^[0-9]{5}$"'],
    [{ schema: address }, [], 'the value must be object'],
    [{ schema: address }, {}, "the value must have required property 'city'"],
    [{ schema: { required: ['toString'] } }, {}, "must have required property 'toString'"],
    [{ schema: address }, { city: 'Bonn', x: 1 }, 'must NOT have additional properties such as "x"'],
    [
      { schema: address },
      {
        city: 'Bonn',
        tags: [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      },
      '/tags must NOT have duplicate items',
    ],
    [{ schema: { not: { items: { pattern: 'a' } } } }, ['b'.repeat(5_001)], 'a text of more than 5000 characters'],
  ])('that breaks %j is refused: %j', (rules, value, message) => {
    expect(ruleViolation(rules, value)).toContain(message);
  });

  it.each<[AttributeRules, AttributeValue]>([
    [{ pattern: '^(a+)+$' }, `${'a'.repeat(4_999)}b`],
    [{ pattern: '(x+x+)+y|z' }, 'x'.repeat(5_000)],
    [{ schema: { type: 'string', pattern: '^(a|a)*$' } }, `${'a'.repeat(4_999)}b`],
    [{ schema: { uniqueItems: true } }, [...Array.from({ length: 50_000 }, (_, n): JsonValue => [n]), [0]]],
  ])('is refused by %j quickly, even if a backtracking or quadratic check would be slow', (rules, value) => {
    const startedAt = performance.now();
    expect(ruleViolation(rules, value)).not.toBeNull();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
