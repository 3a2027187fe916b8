import type { SchemaElement } from 'hyparquet';
import type { AttributeType, AttributeValue } from '../../domain/catalog/attribute.ts';
import { exactJsonText, exactNumberText } from '../../lib/exact-json-text.ts';

/** How the values of a type are written. Each form is exact: an import reads the same value from it. */
interface ValueForm {
  /** As a cell of CSV. */
  readonly text: (value: AttributeValue) => string;
  /** As a column of Parquet. */
  readonly column: Omit<SchemaElement, 'name'>;
  readonly stored: (value: AttributeValue) => unknown;
}

const asText = (value: AttributeValue): string => (typeof value === 'string' ? value : exactJsonText(value));
const asNumber = (value: AttributeValue): string => exactNumberText(value as number);
const utf8 = new TextEncoder();

const JSON_FORM: ValueForm = {
  text: exactJsonText,
  column: { type: 'BYTE_ARRAY', logical_type: { type: 'JSON' } },
  // The library's own conversion would write integers beyond 2^53 with digits that a double does not keep.
  stored: (value) => utf8.encode(exactJsonText(value)),
};

export const VALUE_FORMS: Record<AttributeType, ValueForm> = {
  TEXT: { text: asText, column: { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, stored: (value) => value },
  NUMBER: { text: asNumber, column: { type: 'DOUBLE' }, stored: (value) => value },
  BOOLEAN: { text: String, column: { type: 'BOOLEAN' }, stored: (value) => value },
  TIMESTAMP: {
    text: asText,
    column: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
    stored: (value) => new Date(value as string),
  },
  JSON: JSON_FORM,
  // An id, as text: it may be beyond 2^53.
  REFERENCE: { text: asText, column: { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, stored: (value) => value },
  TEXT_LIST: JSON_FORM,
  NUMBER_LIST: JSON_FORM,
};
