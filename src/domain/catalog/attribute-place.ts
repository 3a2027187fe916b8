import type { AttributeDefinition, AttributeType, HotColumn } from './attribute.ts';
import { notFilterable } from './attribute-lookup.ts';

/** Columns of entity_attribute, named alike in both engines. */
export type RowColumn = 'value_text' | 'value_number' | 'value_boolean' | 'value_timestamp';

/** Where the indexed value of an attribute is stored: in a column of the entity row, or in a row of entity_attribute. */
export type AttributePlace =
  | { readonly kind: 'column'; readonly column: HotColumn }
  | { readonly kind: 'row'; readonly column: RowColumn };

const ROW_COLUMNS: Readonly<Record<AttributeType, RowColumn>> = {
  TEXT: 'value_text',
  NUMBER: 'value_number',
  BOOLEAN: 'value_boolean',
  TIMESTAMP: 'value_timestamp',
  JSON: 'value_text',
};

/** @throws AtlasError ATTRIBUTE_NOT_FILTERABLE for an attribute that is stored only in the jsonb of the entity row. */
export function attributePlace(attribute: AttributeDefinition): AttributePlace {
  if (attribute.hotColumn !== null) return { kind: 'column', column: attribute.hotColumn };
  if (attribute.filterable) return { kind: 'row', column: ROW_COLUMNS[attribute.type] };
  throw notFilterable(attribute);
}

/** The type of the indexed value: JSON is indexed as its canonical text. */
export function indexedType(attribute: AttributeDefinition): AttributeType {
  return attribute.type === 'JSON' ? 'TEXT' : attribute.type;
}
