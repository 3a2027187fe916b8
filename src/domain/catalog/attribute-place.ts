import type { AttributeDefinition, AttributeType, HotColumn } from './attribute.ts';
import { notFilterable } from './attribute-lookup.ts';

/** Names of columns of entity_attribute, the same in both engines. */
export type RowColumn = 'value_text' | 'value_number' | 'value_boolean' | 'value_timestamp';

/** Where an attribute's indexed value is: a column of the entity row, or a row of entity_attribute. */
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

/** Null: the attribute is in the entity row's jsonb only. What the place holds of a value: indexed-form.ts. */
export function placeOf({ hotColumn, filterable, type }: AttributeDefinition): AttributePlace | null {
  if (hotColumn !== null) return { kind: 'column', column: hotColumn };
  return filterable ? { kind: 'row', column: ROW_COLUMNS[type] } : null;
}

/** @throws AtlasError ATTRIBUTE_NOT_FILTERABLE for an attribute that is in the entity row's jsonb only. */
export function attributePlace(attribute: AttributeDefinition): AttributePlace {
  const place = placeOf(attribute);
  if (place === null) throw notFilterable(attribute);
  return place;
}

/** The type of the indexed value: of JSON the canonical text is indexed. */
export function indexedType(attribute: AttributeDefinition): AttributeType {
  return attribute.type === 'JSON' ? 'TEXT' : attribute.type;
}
