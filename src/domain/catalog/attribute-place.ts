import type { AttributeDefinition, AttributeType, HotColumn } from './attribute.ts';
import { notFilterable } from './attribute-lookup.ts';

/** Names of columns of entity_attribute, the same in both engines. */
export type RowColumn = 'value_text' | 'value_number' | 'value_boolean' | 'value_timestamp';

/** Where an attribute's indexed value is: a column of the entity row, or a row of entity_attribute. */
export type AttributePlace =
  | { readonly kind: 'column'; readonly column: HotColumn }
  | { readonly kind: 'row'; readonly column: RowColumn };

/** Made once: change capture asks for every value. */
const ROWS: Readonly<Record<AttributeType, AttributePlace>> = {
  TEXT: { kind: 'row', column: 'value_text' },
  NUMBER: { kind: 'row', column: 'value_number' },
  BOOLEAN: { kind: 'row', column: 'value_boolean' },
  TIMESTAMP: { kind: 'row', column: 'value_timestamp' },
  JSON: { kind: 'row', column: 'value_text' },
};

/** Null: the attribute is in the entity row's jsonb only. What the place holds of a value: indexed-form.ts. */
export function placeOf({ hotColumn, filterable, type }: AttributeDefinition): AttributePlace | null {
  if (hotColumn !== null) return { kind: 'column', column: hotColumn };
  return filterable ? ROWS[type] : null;
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
