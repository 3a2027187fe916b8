import type { AttributeType } from '../catalog/attribute.ts';

/** The members of a client's condition on an attribute, by the type that each is for. */
export const PREDICATE_TYPES = {
  text: 'TEXT',
  number: 'NUMBER',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP',
  json: 'JSON',
  reference: 'REFERENCE',
} as const satisfies Record<string, AttributeType>;

export type PredicateName = keyof typeof PREDICATE_TYPES;

export const PREDICATE_NAMES = Object.keys(PREDICATE_TYPES) as readonly PredicateName[];
