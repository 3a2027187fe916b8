import { canonicalJson, type JsonValue } from '../../lib/canonical-json.ts';
import { isShallow } from '../../lib/is-shallow.ts';
import type { AttributeRules, AttributeType } from '../catalog/attribute.ts';
import { countedType } from '../catalog/list-types.ts';
import { checkEntityType } from '../entity-type.ts';
import { AtlasError } from '../errors.ts';
import { isStorableJson, isStoredTimestamp, STORABLE_MOMENTS } from '../values/storable.ts';
import { InvalidRule } from './invalid-rule.ts';
import { compileRules } from './rule-violation.ts';

/** Maximum size of all rules of a definition, as JSON text in UTF-8. Every process holds every definition in memory. */
const MAX_RULES_BYTES = 16_384;
/** Keeps recursion over the rules from overflowing the stack. */
const MAX_RULES_DEPTH = 100;

const RULES_OF: Record<AttributeType, readonly (keyof AttributeRules)[]> = {
  TEXT: ['enum', 'maxLength', 'pattern'],
  NUMBER: ['enum', 'min', 'max'],
  BOOLEAN: [],
  TIMESTAMP: ['earliest', 'latest'],
  JSON: ['schema'],
  REFERENCE: ['targetTypes'],
  TEXT_LIST: ['enum', 'maxLength', 'pattern'],
  NUMBER_LIST: ['enum', 'min', 'max'],
};

/** @throws AtlasError ATTRIBUTE_INVALID, naming the key and the rule. */
export function checkAttributeRules(key: string, type: AttributeType, rules: AttributeRules): void {
  if (Object.keys(rules).length === 0) return;
  try {
    checkNames(type, rules);
    checkSize(rules);
    checkEnum(type, rules.enum);
    checkNumbers(rules);
    checkMoments(rules);
    checkTargets(rules);
    compileRules(rules);
  } catch (error) {
    if (!(error instanceof InvalidRule)) throw error;
    throw new AtlasError('ATTRIBUTE_INVALID', `Attribute "${key}" has an invalid rule: ${error.message}.`);
  }
}

function checkNames(type: AttributeType, rules: AttributeRules): void {
  const known = RULES_OF[type];
  const unknown = Object.keys(rules).find((rule) => !known.some((name) => name === rule));
  if (unknown === undefined) return;
  const allowed = known.length === 0 ? 'none' : known.join(', ');
  throw new InvalidRule(`${unknown} does not apply to type ${type}; rules for this type: ${allowed}`);
}

function checkSize({ enum: allowed = [], schema = null, targetTypes = [], ...rest }: AttributeRules): void {
  const given: JsonValue = { ...rest, enum: [...allowed], schema, targetTypes: [...targetTypes] };
  if (!isShallow(given, MAX_RULES_DEPTH)) {
    throw new InvalidRule(`schema is nested too deeply; the limit is ${MAX_RULES_DEPTH} levels`);
  }
  if (!isStorableJson(given)) {
    throw new InvalidRule('the rules contain a NUL character or an unpaired surrogate');
  }
  const bytes = Buffer.byteLength(canonicalJson(given));
  if (bytes > MAX_RULES_BYTES) {
    throw new InvalidRule(`the rules have ${bytes} bytes as JSON; the limit is ${MAX_RULES_BYTES}`);
  }
}

function checkEnum(type: AttributeType, allowed: AttributeRules['enum']): void {
  if (allowed === undefined) return;
  if (allowed.length === 0) throw new InvalidRule('enum is empty; expected at least one value');
  const counted = countedType(type);
  const wanted = counted === 'NUMBER' ? 'number' : 'string';
  const other = allowed.find((value) => typeof value !== wanted);
  if (other === undefined) return;
  throw new InvalidRule(`enum contains ${canonicalJson(other).slice(0, 100)}; expected values of type ${counted}`);
}

function checkNumbers({ min, max, maxLength }: AttributeRules): void {
  if (min !== undefined && max !== undefined && min > max) {
    throw new InvalidRule(`min ${min} is greater than max ${max}`);
  }
  if (maxLength !== undefined && maxLength < 1) {
    throw new InvalidRule(`maxLength is ${maxLength}; expected at least 1`);
  }
}

function checkTargets({ targetTypes }: AttributeRules): void {
  if (targetTypes === undefined) return;
  if (targetTypes.length === 0) throw new InvalidRule('targetTypes is empty; expected at least one entity type');
  targetTypes.forEach(checkEntityType);
}

function checkMoments({ earliest, latest }: AttributeRules): void {
  for (const [rule, moment] of Object.entries({ earliest, latest })) {
    if (moment !== undefined && !isStoredTimestamp(moment)) {
      throw new InvalidRule(`${rule} is out of range; expected a moment in ${STORABLE_MOMENTS}`);
    }
  }
  if (earliest !== undefined && latest !== undefined && earliest > latest) {
    throw new InvalidRule(`earliest ${earliest} is after latest ${latest}`);
  }
}
