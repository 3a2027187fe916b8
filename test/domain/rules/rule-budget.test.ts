import { describe, expect, it } from 'vitest';
import { checkAttributeRules } from '../../../src/domain/rules/attribute-rules.ts';
import { MAX_RULE_STEPS, RuleBudget, RuleBudgetExceeded } from '../../../src/domain/rules/rule-budget.ts';
import { ruleViolation } from '../../../src/domain/rules/rule-violation.ts';
import type { JsonValue } from '../../../src/lib/canonical-json.ts';

const many = (count: number, value: JsonValue): JsonValue[] => Array.from({ length: count }, () => value);
const alternatives = Array.from({ length: 100 }, (_, n) => ({ type: 'object', required: [`k${n}`] }));

describe('a rule that takes too long', () => {
  it.each<[string, JsonValue, JsonValue]>([
    ['many alternatives for many items', { contains: { anyOf: alternatives } }, many(300_000, 1)],
    [
      'many alternatives for many members',
      { additionalProperties: { oneOf: alternatives } },
      Object.fromEntries(many(100_000, 1).map((v, n) => [n, v])),
    ],
    ['negations of negations', { items: { not: { not: { anyOf: alternatives } } } }, many(20_000, {})],
    [
      'the length of a text, again and again',
      { anyOf: alternatives.map((_, n) => ({ maxLength: n })) },
      'x'.repeat(1_000_000),
    ],
    ['a large enum for many items', { items: { enum: alternatives.map((_, n) => n) } }, many(100_000, -1)],
    [
      'unique items at every level',
      { uniqueItems: true, items: { uniqueItems: true, items: { uniqueItems: true } } },
      many(40, many(40, many(400, 'x'))),
    ],
    [
      'a pattern for many names',
      { propertyNames: { pattern: '^(a|b){1,90}$' } },
      Object.fromEntries(many(50_000, 1).map((v, n) => [`${'ab'.repeat(10)}${n}`, v])),
    ],
    ['conditions for many items', { items: { if: { anyOf: alternatives }, else: true } }, many(5_000, {})],
  ])('ends: %s', (_case, schema, value) => {
    checkAttributeRules('doc', 'JSON', { schema });
    expect(() => ruleViolation({ schema }, value)).toThrow(RuleBudgetExceeded);
  });

  it('is no reason to refuse a large value with a usual schema', () => {
    const schema = {
      type: 'array',
      items: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string', maxLength: 100 },
          score: { type: 'number', minimum: 0 },
          tags: { items: { enum: ['a', 'b'] } },
        },
        additionalProperties: false,
      },
    };
    const value = many(15_000, { name: 'Ada Lovelace', score: 5, tags: ['a'] });
    expect(JSON.stringify(value).length).toBeGreaterThan(500_000);
    expect(ruleViolation({ schema }, value)).toBeNull();
  });

  it('shares the steps of a row with the other values of the row', () => {
    const budget = new RuleBudget();
    const rules = { pattern: '^.{1,290}$' };
    const text = 'x'.repeat(1_000);
    expect(() => {
      for (let n = 0; n < 10; n++) ruleViolation(rules, text, budget);
    }).toThrow(RuleBudgetExceeded);
    expect(MAX_RULE_STEPS).toBeGreaterThan(5 * 290 * 1_000);
  });

  it('is refused when it is defined, if it has too many parts', () => {
    const schema = { anyOf: Array.from({ length: 150 }, () => true) };
    expect(() => checkAttributeRules('doc', 'JSON', { schema })).toThrow('schema has more than 150 subschemas');
  });
});
