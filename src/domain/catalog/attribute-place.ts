import type { AttributeDefinition, AttributeType, HotColumn } from './attribute.ts';
import { notFilterable } from './attribute-lookup.ts';
import { isListType, type ScalarType } from './list-types.ts';

/** Columns of entity_attribute, named alike in both engines. */
export const ROW_COLUMNS = ['value_text', 'value_number', 'value_boolean', 'value_timestamp'] as const;
export type RowColumn = (typeof ROW_COLUMNS)[number];
/** The column of entity_attribute in Postgres that holds a list beside its size, as canonical JSON: entity_element follows it. In ClickHouse, value_text does. */
export const LIST_COLUMN = 'value_list';

/** Where the indexed value of an attribute is stored: in a column of the entity row, or in a row of entity_attribute. */
export type AttributePlace =
  | { readonly kind: 'column'; readonly column: HotColumn }
  | { readonly kind: 'row'; readonly column: RowColumn };

/** Created once, because change capture needs a place for every value. */
const ROWS: Readonly<Record<AttributeType, AttributePlace & { readonly kind: 'row' }>> = {
  TEXT: { kind: 'row', column: 'value_text' },
  NUMBER: { kind: 'row', column: 'value_number' },
  BOOLEAN: { kind: 'row', column: 'value_boolean' },
  TIMESTAMP: { kind: 'row', column: 'value_timestamp' },
  JSON: { kind: 'row', column: 'value_text' },
  REFERENCE: { kind: 'row', column: 'value_text' },
  TEXT_LIST: { kind: 'row', column: 'value_number' },
  NUMBER_LIST: { kind: 'row', column: 'value_number' },
};

export function rowPlace(type: AttributeType): AttributePlace & { readonly kind: 'row' } {
  return ROWS[type];
}

/**
 * Null if the attribute is stored only in the jsonb of the entity row. indexed-form.ts defines which part of a value is stored
 * there.
 */
export function placeOf({ hotColumn, filterable, type }: AttributeDefinition): AttributePlace | null {
  if (hotColumn !== null) return { kind: 'column', column: hotColumn };
  return filterable ? ROWS[type] : null;
}

/** @throws AtlasError ATTRIBUTE_NOT_FILTERABLE for an attribute that is stored only in the jsonb of the entity row. */
export function attributePlace(attribute: AttributeDefinition): AttributePlace {
  const place = placeOf(attribute);
  if (place === null) throw notFilterable(attribute);
  return place;
}

/** The type of the indexed value: JSON is indexed as its canonical text, a reference as the digits of the id, a list as its size. */
export function indexedType({ type }: AttributeDefinition): ScalarType {
  if (isListType(type)) return 'NUMBER';
  return type === 'JSON' || type === 'REFERENCE' ? 'TEXT' : type;
}
