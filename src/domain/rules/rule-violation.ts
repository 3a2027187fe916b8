import type { JsonValue } from '../../lib/canonical-json.ts';
import type { AttributeRules, AttributeValue } from '../catalog/attribute.ts';
import { compileJsonSchema } from './json-schema.ts';
import { LinearPattern, MAX_MATCHED_LENGTH } from './linear-pattern.ts';
import { RuleBudget } from './rule-budget.ts';

type Check = (value: AttributeValue, budget: RuleBudget) => string | null;

const SHOWN_VALUES = 10;
const SHOWN_LENGTH = 100;

/** Keyed by the definition's rules object: each is compiled once, when first needed. */
const compiled = new WeakMap<AttributeRules, Check>();

/**
 * The first rule that a value violates, as a clause for an error message; null if it satisfies all rules.
 * @param value In stored form and of the attribute's type.
 * @param budget What the check may take.
 * @throws InvalidRule, RuleBudgetExceeded
 */
export function ruleViolation(rules: AttributeRules, value: AttributeValue, budget = new RuleBudget()): string | null {
  return compileRules(rules)(value, budget);
}

/** @throws InvalidRule */
export function compileRules(rules: AttributeRules): Check {
  const known = compiled.get(rules);
  if (known !== undefined) return known;
  const checks = [...checksOf(rules)];
  const check: Check = (value, budget) => {
    for (const [rule, violation] of checks) {
      const problem = violation(value, budget);
      if (problem !== null) return `violates rule ${rule}: ${problem}`;
    }
    return null;
  };
  compiled.set(rules, check);
  return check;
}

function* checksOf(rules: AttributeRules): Generator<[keyof AttributeRules, Check]> {
  const { min, max, earliest, latest, maxLength, pattern, schema } = rules;
  if (rules.enum !== undefined) yield ['enum', oneOf(rules.enum)];
  if (min !== undefined) yield ['min', atLeast(min)];
  if (max !== undefined) yield ['max', atMost(max)];
  // Stored timestamps have a fixed width, so they sort as text.
  if (earliest !== undefined) yield ['earliest', atLeast(earliest)];
  if (latest !== undefined) yield ['latest', atMost(latest)];
  if (maxLength !== undefined) yield ['maxLength', noLongerThan(maxLength)];
  if (pattern !== undefined) yield ['pattern', matching(pattern)];
  if (schema !== undefined) yield ['schema', compileJsonSchema(schema)];
}

function oneOf(allowed: readonly JsonValue[]): Check {
  const set = new Set(allowed);
  const more = allowed.length > SHOWN_VALUES ? `, … (${allowed.length} values)` : '';
  const expected = `one of ${allowed.slice(0, SHOWN_VALUES).map(shown).join(', ')}${more}`;
  return (value) => (set.has(value) ? null : `got ${shown(value)}; expected ${expected}`);
}

function atLeast(bound: number | string): Check {
  return (value) => (value !== null && value < bound ? `got ${shown(value)}; expected at least ${shown(bound)}` : null);
}

function atMost(bound: number | string): Check {
  return (value) => (value !== null && value > bound ? `got ${shown(value)}; expected at most ${shown(bound)}` : null);
}

function noLongerThan(codePoints: number): Check {
  return (value) => {
    if (typeof value !== 'string' || value.length <= codePoints) return null;
    const length = codePointLength(value);
    return length <= codePoints ? null : `got ${length} characters; expected at most ${codePoints}`;
  };
}

function matching(source: string): Check {
  const pattern = new LinearPattern(source);
  return (value, budget) => {
    if (typeof value !== 'string') return null;
    if (value.length > MAX_MATCHED_LENGTH) {
      return `got ${value.length} characters; the limit for matching is ${MAX_MATCHED_LENGTH}`;
    }
    budget.spend(pattern.programSize * value.length);
    return pattern.test(value) ? null : `got ${shown(value)}; expected text matching ${shortened(source)}`;
  };
}

function codePointLength(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

function shown(value: JsonValue): string {
  return typeof value === 'string' ? JSON.stringify(shortened(value)) : shortened(JSON.stringify(value));
}

function shortened(text: string): string {
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
