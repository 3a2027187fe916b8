import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { canonicalJson, type JsonValue } from '../../lib/canonical-json.ts';
import { isShallow } from '../../lib/is-shallow.ts';
import { InvalidRule } from './invalid-rule.ts';
import { LinearPattern, MAX_MATCHED_LENGTH, MAX_PROGRAM_SIZE } from './linear-pattern.ts';

/** Compiling recurses. An object within an object is two levels of its schema. */
const MAX_SCHEMA_DEPTH = 50;
const SHOWN_LENGTH = 200;

/** With references, a short schema could take exponential time; the others would be ignored, or change what the check returns. */
const UNAVAILABLE = {
  $ref: 'write out what it refers to',
  $dynamicRef: 'write out what it refers to',
  format: 'give a pattern',
  $async: 'leave it out',
};

/** Knows what a schema may say. Keeps nothing of those it checks. */
const metaSchema = new Ajv2020({ logger: false });

/**
 * A check by a JSON Schema (2020-12) that returns what is wrong, or null. It takes time in proportion to the sizes of schema
 * and value.
 * Keywords that the standard does not know are refused, so that a misspelt one is not simply ignored.
 * @throws InvalidRule
 */
export function compileJsonSchema(schema: JsonValue): (value: JsonValue) => string | null {
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) {
    throw new InvalidRule('schema is no object: give a JSON Schema such as {"type": "object"}');
  }
  if (!isShallow(schema, MAX_SCHEMA_DEPTH)) {
    throw new InvalidRule(`schema is nested too deeply: nest at most ${MAX_SCHEMA_DEPTH} levels`);
  }
  const patterns: LinearPattern[] = [];
  const validate = compile(schema, patterns);
  const steps = patterns.reduce((sum, { programSize }) => sum + programSize, 0);
  if (steps > MAX_PROGRAM_SIZE) {
    throw new InvalidRule(
      `schema has patterns that take ${steps} steps per character: give at most ${MAX_PROGRAM_SIZE}`,
    );
  }
  return (value) => {
    if (patterns.length > 0 && !hasShortTexts(value)) {
      return `got a text of more than ${MAX_MATCHED_LENGTH} characters, which no pattern is tried on: give a shorter one`;
    }
    return validate(value) ? null : describe(validate.errors?.[0]);
  };
}

function compile(schema: { [key: string]: JsonValue }, patterns: LinearPattern[]) {
  const linear = (source: string): LinearPattern => {
    const pattern = new LinearPattern(source);
    patterns.push(pattern);
    return pattern;
  };
  try {
    if (metaSchema.validateSchema(schema) !== true) throw new InvalidRule(describe(metaSchema.errors?.[0]));
    return newCompiler(linear).compile<JsonValue>(schema);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const reason = error.message.slice(0, SHOWN_LENGTH);
    throw new InvalidRule(`schema is no JSON Schema 2020-12 that can be checked: ${reason}`, { cause: error });
  }
}

/** One for each schema: two may have one `$id`, and a compiler keeps what it ever compiled. */
function newCompiler(linear: (source: string) => LinearPattern): Ajv2020 {
  const compiler = new Ajv2020({
    strictSchema: true,
    strictTypes: false,
    strictTuples: false,
    ownProperties: true,
    validateSchema: false,
    meta: false,
    logger: false,
    code: { regExp: Object.assign(linear, { code: 'LinearPattern' }) },
  });
  for (const [keyword, remedy] of Object.entries(UNAVAILABLE)) {
    const refuse = (): never => {
      throw new InvalidRule(`${keyword} is not available: ${remedy}`);
    };
    compiler.removeKeyword(keyword).addKeyword({ keyword, compile: refuse });
  }
  // The one that comes with it compares every item with every other.
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
  if (error == null) return 'the value is refused';
  const { instancePath, message, params } = error;
  const { additionalProperty, unevaluatedProperty } = params;
  const property: unknown = additionalProperty ?? unevaluatedProperty;
  const name = typeof property === 'string' ? ` such as ${JSON.stringify(property)}` : '';
  return `${instancePath === '' ? 'the value' : instancePath} ${message ?? 'is refused'}${name}`.slice(0, SHOWN_LENGTH);
}
