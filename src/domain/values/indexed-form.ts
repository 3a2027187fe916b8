import { canonicalJson, type JsonValue } from '../../lib/canonical-json.ts';
import type { AttributeType, AttributeValue } from '../catalog/attribute.ts';
import { isListType } from '../catalog/list-types.ts';
import { indexedText } from './indexed-text.ts';

/**
 * The part of a stored value that an index holds, in a hot column or in a row of entity_attribute (attribute-place.ts): the
 * beginning of a text or of canonical JSON, the size of a list, or any other value whole. A timestamp keeps its stored form.
 */
export function indexedForm(type: AttributeType, value: AttributeValue): string | number | boolean {
  switch (type) {
    case 'TEXT':
      return indexedText(String(value));
    case 'JSON':
      return indexedText(canonicalJson(value));
    case 'TEXT_LIST':
    case 'NUMBER_LIST':
      return (value as readonly JsonValue[]).length;
    case 'NUMBER':
    case 'BOOLEAN':
    case 'TIMESTAMP':
    case 'REFERENCE':
      return value as string | number | boolean;
  }
}

/** What is stored beside the size of a list: its canonical JSON, of which elements are made. Null for values that are no lists. */
export function listForm(type: AttributeType, value: AttributeValue): string | null {
  return isListType(type) ? canonicalJson(value) : null;
}
