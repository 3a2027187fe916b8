import type { JsonValue } from '../../lib/canonical-json.ts';
import { InvalidRule } from './invalid-rule.ts';
import type { LinearPattern } from './linear-pattern.ts';
import type { RuleBudget } from './rule-budget.ts';

/** Spends the steps that validating a value takes. */
export type SchemaSteps = (value: JsonValue, budget: RuleBudget) => void;

type JsonObject = { readonly [key: string]: JsonValue };

/** Of one schema on one value, which may also make an error that is dropped later. */
const EVALUATION_STEPS = 20;
/** Of counting the code points of a text. */
const CHARACTERS_PER_STEP = 16;
/** Compiling one takes some 0.3 ms. */
const MAX_SUBSCHEMAS = 150;

const ON_THE_SAME_VALUE = ['not', 'if', 'then', 'else'];
const LISTS_ON_THE_SAME_VALUE = ['allOf', 'anyOf', 'oneOf'];
const ON_MEMBERS = ['additionalProperties', 'unevaluatedProperties'];
const ON_ITEMS = ['items', 'contains', 'unevaluatedItems'];

/**
 * An upper bound of the steps that a schema without references takes: it evaluates each of its subschemas at most once for each
 * place of the value that the subschema applies to.
 * @param schema is valid.
 * @throws InvalidRule if it has too many subschemas
 */
export function schemaSteps(schema: JsonValue, patternOf: (source: string) => LinearPattern): SchemaSteps {
  let count = 0;
  const compile = (given: JsonValue): SchemaSteps => {
    count += 1;
    if (count > MAX_SUBSCHEMAS) throw new InvalidRule(`schema has more than ${MAX_SUBSCHEMAS} subschemas`);
    if (!isObject(given)) return (_value, budget) => budget.spend(EVALUATION_STEPS);
    const parts = [
      ownSteps(given, patternOf),
      onSameValue(given, compile),
      onMembers(given, compile, patternOf),
      onItems(given, compile),
    ];
    return (value, budget) => {
      for (const part of parts) part(value, budget);
    };
  };
  return compile(schema);
}

type Compile = (schema: JsonValue) => SchemaSteps;

function ownSteps(schema: JsonObject, patternOf: (source: string) => LinearPattern): SchemaSteps {
  const { pattern, uniqueItems, minLength, maxLength } = schema;
  const compared = sizeOf([
    schema.enum ?? null,
    schema.const ?? null,
    schema.required ?? null,
    schema.dependentRequired ?? null,
  ]);
  const stepsPerCharacter = typeof pattern === 'string' ? patternOf(pattern).programSize : 0;
  const countsLength = minLength !== undefined || maxLength !== undefined;
  return (value, budget) => {
    budget.spend(EVALUATION_STEPS + compared);
    if (typeof value === 'string') {
      budget.spend(stepsPerCharacter * value.length);
      if (countsLength) budget.spend(Math.ceil(value.length / CHARACTERS_PER_STEP));
    }
    if (uniqueItems === true && Array.isArray(value)) spendSize(value, budget);
  };
}

function onSameValue(schema: JsonObject, compile: Compile): SchemaSteps {
  const inner = [
    ...ON_THE_SAME_VALUE.flatMap((name) => (name in schema ? [schema[name] ?? null] : [])),
    ...LISTS_ON_THE_SAME_VALUE.flatMap((name) => listOf(schema[name])),
    ...Object.values(objectOf(schema.dependentSchemas)),
  ].map(compile);
  return (value, budget) => {
    for (const steps of inner) steps(value, budget);
  };
}

function onMembers(schema: JsonObject, compile: Compile, patternOf: (source: string) => LinearPattern): SchemaSteps {
  const named = Object.entries(objectOf(schema.properties)).map(([name, one]) => [name, compile(one)] as const);
  const matched = Object.entries(objectOf(schema.patternProperties)).map(
    ([source, one]) => [patternOf(source).programSize, compile(one)] as const,
  );
  const all = ON_MEMBERS.flatMap((name) => (name in schema ? [compile(schema[name] ?? null)] : []));
  const names = 'propertyNames' in schema ? compile(schema.propertyNames ?? null) : null;
  if (named.length + matched.length + all.length === 0 && names === null) return () => {};
  return (value, budget) => {
    if (!isObject(value)) return;
    budget.spend(named.length);
    for (const [name, steps] of named) {
      const member = Object.hasOwn(value, name) ? value[name] : undefined;
      if (member !== undefined) steps(member, budget);
    }
    if (matched.length + all.length === 0 && names === null) return;
    for (const [name, member] of Object.entries(value)) {
      names?.(name, budget);
      for (const [stepsPerCharacter, steps] of matched) {
        budget.spend(stepsPerCharacter * name.length);
        steps(member, budget);
      }
      for (const steps of all) steps(member, budget);
    }
  };
}

function onItems(schema: JsonObject, compile: Compile): SchemaSteps {
  const first = listOf(schema.prefixItems).map(compile);
  const all = ON_ITEMS.flatMap((name) => (name in schema ? [compile(schema[name] ?? null)] : []));
  return (value, budget) => {
    if (!Array.isArray(value)) return;
    for (const [index, item] of value.entries()) {
      first[index]?.(item, budget);
      for (const steps of all) steps(item, budget);
    }
  };
}

function spendSize(value: JsonValue, budget: RuleBudget): void {
  budget.spend(typeof value === 'string' ? 1 + Math.ceil(value.length / CHARACTERS_PER_STEP) : 1);
  if (value === null || typeof value !== 'object') return;
  for (const member of Object.values(value)) spendSize(member, budget);
}

function sizeOf(value: JsonValue): number {
  if (value === null || typeof value !== 'object') return 1;
  return Object.values(value).reduce<number>((sum, member) => sum + sizeOf(member), 1);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
