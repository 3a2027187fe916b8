import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { canonicalJson, type JsonValue } from '../../lib/canonical-json.ts';
import { isShallow } from '../../lib/is-shallow.ts';
import { InvalidRule } from './invalid-rule.ts';
import { LinearPattern, MAX_MATCHED_LENGTH, MAX_PROGRAM_SIZE } from './linear-pattern.ts';
import type { RuleBudget } from './rule-budget.ts';
import { schemaSteps } from './schema-steps.ts';

/** Compiling is recursive. An object inside an object takes two levels of its schema. */
const MAX_SCHEMA_DEPTH = 50;
const SHOWN_LENGTH = 200;

/** References let a short schema take exponential time. The other keywords would be ignored, or change what the check returns. */
const UNAVAILABLE = {
  $ref: 'inline what it refers to',
  $dynamicRef: 'inline what it refers to',
  format: 'use pattern',
  $async: 'remove it',
};

/** Validates schemas against the 2020-12 meta-schema. Keeps nothing of what it validates. */
const metaSchema = new Ajv2020({ logger: false });

/** Compiles the meta-schema, which takes 50 ms. Otherwise the first rule does, and blocks the event loop for that long in addition. */
export function prepareJsonSchemas(): void {
  void metaSchema.validateSchema({});
}

/**
 * A check against a JSON Schema (2020-12) that returns the problem, or null. It takes at most the steps of its budget. Keywords that the standard does not define are refused, so that a typing error is not silently ignored.
 * @throws InvalidRule
 */
export function compileJsonSchema(schema: JsonValue): (value: JsonValue, budget: RuleBudget) => string | null {
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) {
    throw new InvalidRule('schema is not an object; expected a JSON Schema such as {"type": "object"}');
  }
  if (!isShallow(schema, MAX_SCHEMA_DEPTH)) {
    throw new InvalidRule(`schema is nested too deeply; the limit is ${MAX_SCHEMA_DEPTH} levels`);
  }
  const patterns = new Map<string, LinearPattern>();
  const validate = compile(schema, patterns);
  const steps = schemaSteps(schema, (source) => patternOf(source, patterns));
  const perCharacter = Array.from(patterns.values()).reduce((sum, { programSize }) => sum + programSize, 0);
  if (perCharacter > MAX_PROGRAM_SIZE) {
    throw new InvalidRule(
      `schema has patterns that take ${perCharacter} steps per character; the limit is ${MAX_PROGRAM_SIZE}`,
    );
  }
  return (value, budget) => {
    if (patterns.size > 0 && !hasShortTexts(value)) {
      return `contains a text of more than ${MAX_MATCHED_LENGTH} characters, the limit for matching a pattern`;
    }
    steps(value, budget);
    return validate(value) ? null : describe(validate.errors?.[0]);
  };
}

function patternOf(source: string, patterns: Map<string, LinearPattern>): LinearPattern {
  const known = patterns.get(source);
  if (known !== undefined) return known;
  const pattern = new LinearPattern(source);
  patterns.set(source, pattern);
  return pattern;
}

function compile(schema: { [key: string]: JsonValue }, patterns: Map<string, LinearPattern>) {
  const linear = (source: string): LinearPattern => patternOf(source, patterns);
  try {
    if (metaSchema.validateSchema(schema) !== true) throw new InvalidRule(describe(metaSchema.errors?.[0]));
    return newCompiler(linear).compile<JsonValue>(schema);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const reason = error.message.slice(0, SHOWN_LENGTH);
    throw new InvalidRule(`schema is not a supported JSON Schema 2020-12: ${reason}`, { cause: error });
  }
}

/** One compiler per schema: two schemas may have the same `$id`, and a compiler never forgets what it compiled. */
function newCompiler(linear: (source: string) => LinearPattern): Ajv2020 {
  const compiler = new Ajv2020({
    strictSchema: true,
    strictTypes: false,
    strictTuples: false,
    ownProperties: true,
    validateSchema: false,
    meta: false,
    logger: false,
    // Optimizing takes as long as everything else, and gains little for a check.
    code: { optimize: false, regExp: Object.assign(linear, { code: 'LinearPattern' }) },
  });
  for (const [keyword, remedy] of Object.entries(UNAVAILABLE)) {
    const refuse = (): never => {
      throw new InvalidRule(`${keyword} is not supported; ${remedy}`);
    };
    compiler.removeKeyword(keyword).addKeyword({ keyword, compile: refuse });
  }
  // Ajv's own version compares every item with every other.
  compiler.removeKeyword('uniqueItems').addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (unique: boolean, items: JsonValue[]) =>
      !unique || new Set(items.map(canonicalJson)).size === items.length,
    error: { message: 'must NOT have duplicate items' },
  });
  return compiler;
}

function hasShortTexts(value: JsonValue): boolean {
  if (typeof value === 'string') return value.length <= MAX_MATCHED_LENGTH;
  if (value === null || typeof value !== 'object') return true;
  return Object.entries(value).every(([key, member]) => key.length <= MAX_MATCHED_LENGTH && hasShortTexts(member));
}

function describe(error: ErrorObject | null | undefined): string {
  if (error == null) return 'the value is invalid';
  const { instancePath, message, params } = error;
  const { additionalProperty, unevaluatedProperty } = params;
  const property: unknown = additionalProperty ?? unevaluatedProperty;
  const name = typeof property === 'string' ? ` such as ${JSON.stringify(property)}` : '';
  return `${instancePath === '' ? 'the value' : instancePath} ${message ?? 'is invalid'}${name}`.slice(0, SHOWN_LENGTH);
}
