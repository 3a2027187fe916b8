import type { AttributeDefinition, AttributeValue } from '../../domain/catalog/attribute.ts';
import { attributeOf, attributeUpdatedAt, type EntityRecord } from '../../domain/entity.ts';
import type {
  AttributeResolvers,
  BooleanAttributeResolvers,
  JsonAttributeResolvers,
  NumberAttributeResolvers,
  NumberListAttributeResolvers,
  ReferenceAttributeResolvers,
  TextAttributeResolvers,
  TextListAttributeResolvers,
  TimestampAttributeResolvers,
} from '../../generated/resolver-types.ts';
import { asBoolean, asNumber, asNumberList, asReference, asText, asTextList, asTimestamp } from './stored-value.ts';

/** One attribute of an entity. */
export interface AttributeNode {
  readonly definition: AttributeDefinition;
  /** In stored form. */
  readonly value: AttributeValue;
  readonly updatedAt: Date;
}

/** Null if the entity does not have the attribute. */
export function attributeNode(entity: EntityRecord, definition: AttributeDefinition): AttributeNode | null {
  const value = attributeOf(entity, definition.id);
  return value === undefined ? null : { definition, value, updatedAt: attributeUpdatedAt(entity, definition.id) };
}

const TYPE_NAMES = {
  TEXT: 'TextAttribute',
  NUMBER: 'NumberAttribute',
  BOOLEAN: 'BooleanAttribute',
  TIMESTAMP: 'TimestampAttribute',
  JSON: 'JsonAttribute',
  REFERENCE: 'ReferenceAttribute',
  TEXT_LIST: 'TextListAttribute',
  NUMBER_LIST: 'NumberListAttribute',
} as const;

export const attributeResolvers: AttributeResolvers = {
  __resolveType: ({ definition }) => TYPE_NAMES[definition.type],
};

const common = {
  key: ({ definition }: AttributeNode) => definition.key,
  type: ({ definition }: AttributeNode) => definition.type,
};

export const textAttributeResolvers: TextAttributeResolvers = { ...common, text: ({ value }) => asText(value) };
export const numberAttributeResolvers: NumberAttributeResolvers = { ...common, number: ({ value }) => asNumber(value) };
export const booleanAttributeResolvers: BooleanAttributeResolvers = {
  ...common,
  boolean: ({ value }) => asBoolean(value),
};
export const timestampAttributeResolvers: TimestampAttributeResolvers = {
  ...common,
  timestamp: ({ value }) => asTimestamp(value),
};
export const jsonAttributeResolvers: JsonAttributeResolvers = { ...common, json: ({ value }) => value };
export const referenceAttributeResolvers: ReferenceAttributeResolvers = {
  ...common,
  id: ({ value }) => asReference(value),
};
export const textListAttributeResolvers: TextListAttributeResolvers = {
  ...common,
  textList: ({ value }) => asTextList(value),
};
export const numberListAttributeResolvers: NumberListAttributeResolvers = {
  ...common,
  numberList: ({ value }) => asNumberList(value),
};
