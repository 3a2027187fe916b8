import { canonicalJson } from '../../lib/canonical-json.ts';
import type { AttributeType, AttributeValue } from '../catalog/attribute.ts';
import { indexedText } from './indexed-text.ts';

/**
 * The part of a stored value that an index holds, in a hot column or in a row of entity_attribute (attribute-place.ts): the
 * beginning of a text or of canonical JSON, or any other value whole. A timestamp keeps its stored form.
 */
export function indexedForm(type: AttributeType, value: AttributeValue): string | number | boolean {
  switch (type) {
    case 'TEXT':
      return indexedText(String(value));
    case 'JSON':
      return indexedText(canonicalJson(value));
    case 'NUMBER':
    case 'BOOLEAN':
    case 'TIMESTAMP':
    case 'REFERENCE':
      return value as string | number | boolean;
  }
}
