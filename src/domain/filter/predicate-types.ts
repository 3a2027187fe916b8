import type { AttributeType } from '../catalog/attribute.ts';

/** The members of a client's condition on an attribute, by the type that each is for. */
export const PREDICATE_TYPES = {
  text: 'TEXT',
  number: 'NUMBER',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP',
  json: 'JSON',
  reference: 'REFERENCE',
  textList: 'TEXT_LIST',
  numberList: 'NUMBER_LIST',
} as const satisfies Record<string, AttributeType>;

export type PredicateName = keyof typeof PREDICATE_TYPES;

export const PREDICATE_NAMES = Object.keys(PREDICATE_TYPES) as readonly PredicateName[];

export function predicateNameOf(type: AttributeType): PredicateName {
  const found = PREDICATE_NAMES.find((name) => PREDICATE_TYPES[name] === type);
  if (found === undefined) throw new RangeError(`There is no predicate for ${type}`);
  return found;
}
