import { canonicalJson, type JsonValue } from '../../lib/canonical-json.ts';
import { isShallow } from '../../lib/is-shallow.ts';
import type { AttributeRules, AttributeType } from '../catalog/attribute.ts';
import { AtlasError } from '../errors.ts';
import { isStorableJson } from '../values/storable-text.ts';
import { InvalidRule } from './invalid-rule.ts';
import { compileRules } from './rule-violation.ts';

/** Of all rules of a definition, as JSON text in UTF-8: every process holds every definition in memory. */
const MAX_RULES_BYTES = 16_384;
/** What can be handled without overflowing a stack. */
const MAX_RULES_DEPTH = 100;

const RULES_OF: Record<AttributeType, readonly (keyof AttributeRules)[]> = {
  TEXT: ['enum', 'maxLength', 'pattern'],
  NUMBER: ['enum', 'min', 'max'],
  BOOLEAN: [],
  TIMESTAMP: ['earliest', 'latest'],
  JSON: ['schema'],
};

/** @throws AtlasError ATTRIBUTE_INVALID; names the key and the rule, and says what would be right. */
export function checkAttributeRules(key: string, type: AttributeType, rules: AttributeRules): void {
  try {
    checkNames(type, rules);
    checkSize(rules);
    checkEnum(type, rules.enum);
    checkNumbers(rules);
    checkMoments(rules);
    compileRules(rules);
  } catch (error) {
    if (!(error instanceof InvalidRule)) throw error;
    throw new AtlasError('ATTRIBUTE_INVALID', `Attribute "${key}" has a rule that cannot be kept: ${error.message}.`);
  }
}

function checkNames(type: AttributeType, rules: AttributeRules): void {
  const known = RULES_OF[type];
  const unknown = Object.keys(rules).find((rule) => !known.some((name) => name === rule));
  if (unknown === undefined) return;
  const remedy = known.length === 0 ? 'there is none for them' : `give ${known.join(', ')}`;
  throw new InvalidRule(`${unknown} is not for attributes of type ${type}: ${remedy}`);
}

function checkSize({ enum: allowed = [], schema = null, ...rest }: AttributeRules): void {
  const given: JsonValue = { ...rest, enum: [...allowed], schema };
  if (!isShallow(given, MAX_RULES_DEPTH)) {
    throw new InvalidRule(`schema is nested too deeply: nest at most ${MAX_RULES_DEPTH} levels`);
  }
  if (!isStorableJson(given)) {
    throw new InvalidRule('one has a NUL character or an unpaired surrogate: leave it out');
  }
  const bytes = Buffer.byteLength(canonicalJson(given));
  if (bytes > MAX_RULES_BYTES) {
    throw new InvalidRule(`all together they have ${bytes} bytes as JSON: give at most ${MAX_RULES_BYTES}`);
  }
}

function checkEnum(type: AttributeType, allowed: AttributeRules['enum']): void {
  if (allowed === undefined) return;
  if (allowed.length === 0) throw new InvalidRule('enum is empty: give the values that are allowed');
  const wanted = type === 'NUMBER' ? 'number' : 'string';
  const other = allowed.find((value) => typeof value !== wanted);
  if (other === undefined) return;
  throw new InvalidRule(`enum has ${canonicalJson(other).slice(0, 100)}: give values of type ${type}`);
}

function checkNumbers({ min, max, maxLength }: AttributeRules): void {
  if (min !== undefined && max !== undefined && min > max) {
    throw new InvalidRule(`min ${min} is more than max ${max}: give a min of at most max`);
  }
  if (maxLength !== undefined && maxLength < 1) {
    throw new InvalidRule(`maxLength is ${maxLength}: give a whole number from 1`);
  }
}

function checkMoments({ earliest, latest }: AttributeRules): void {
  for (const [rule, moment] of Object.entries({ earliest, latest })) {
    if (moment !== undefined && !STORED_TIMESTAMP.test(moment)) {
      throw new InvalidRule(`${rule} is out of range: give a moment in the years 0001 to 9999, in UTC`);
    }
  }
  if (earliest !== undefined && latest !== undefined && earliest > latest) {
    throw new InvalidRule(`earliest ${earliest} is after latest ${latest}: give an earliest of at most latest`);
  }
}

const STORED_TIMESTAMP = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
