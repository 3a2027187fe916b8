import type {
  AttributeResolvers,
  BooleanAttributeResolvers,
  JsonAttributeResolvers,
  NumberAttributeResolvers,
  TextAttributeResolvers,
  TimestampAttributeResolvers,
} from '../generated/resolver-types.ts';
import type { AttributeNode } from './attribute-node.ts';
import { asBoolean, asNumber, asText, asTimestamp } from './stored-value.ts';

const TYPE_NAMES = {
  TEXT: 'TextAttribute',
  NUMBER: 'NumberAttribute',
  BOOLEAN: 'BooleanAttribute',
  TIMESTAMP: 'TimestampAttribute',
  JSON: 'JsonAttribute',
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
