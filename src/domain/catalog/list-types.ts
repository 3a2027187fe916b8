import type { AttributeType } from './attribute.ts';

/** The types whose values are lists, by the type of their elements. */
export const ELEMENT_TYPES = {
  TEXT_LIST: 'TEXT',
  NUMBER_LIST: 'NUMBER',
} as const satisfies { readonly [Type in AttributeType]?: AttributeType };

export type ListType = keyof typeof ELEMENT_TYPES;

/** The types whose values are compared whole. */
export type ScalarType = Exclude<AttributeType, ListType>;

export function isListType(type: AttributeType): type is ListType {
  return Object.hasOwn(ELEMENT_TYPES, type);
}

/** The type of what analytics count: of a list, its elements. */
export function countedType(type: AttributeType): ScalarType {
  return isListType(type) ? ELEMENT_TYPES[type] : type;
}

/** Whether entity rows in ClickHouse hold the canonical JSON of the type's values beside the values themselves. */
export function hasJsonText(type: AttributeType): boolean {
  return type === 'JSON' || isListType(type);
}
