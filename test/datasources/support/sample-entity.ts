import type { AttributeDefinition, AttributeValue } from '../../../src/domain/catalog/attribute.ts';
import type { WholeEntity } from '../../../src/domain/entity.ts';
import type { Operand } from '../../../src/domain/filter/filter.ts';
import { indexedText } from '../../../src/domain/values/indexed-text.ts';
import { canonicalJson } from '../../../src/lib/canonical-json.ts';
import { entity } from '../../support/domain.ts';
import { CATALOG, type SampleKey } from './sample-catalog.ts';

export interface SampleEntity {
  readonly tenantId: number;
  readonly record: WholeEntity;
}

/** Attributes in stored form; entities are `user`s of tenant 1 by default. */
export function sample(
  id: number | string,
  attributes: Partial<Record<SampleKey, AttributeValue>> = {},
  given: { tenantId?: number; type?: string; createdAt?: Date; updatedAt?: Date } = {},
): SampleEntity {
  const { tenantId = 1, ...fields } = given;
  const stored: Record<string, AttributeValue> = {};
  for (const [key, value] of Object.entries(attributes)) stored[CATALOG[key as SampleKey].id] = value;
  return { tenantId, record: entity({ ...fields, id: String(id), attributes: stored }) };
}

/** What indexes and columns hold of an entity's attribute, timestamps in milliseconds, of a list its size; null if it has none. */
export function indexedValue({ attributes }: WholeEntity, attribute: AttributeDefinition): Operand | null {
  const value = attributes[attribute.id];
  if (value === undefined) return null;
  switch (attribute.type) {
    case 'TEXT':
      return indexedText(String(value));
    case 'JSON':
      return indexedText(canonicalJson(value));
    case 'TEXT_LIST':
    case 'NUMBER_LIST':
      return Array.isArray(value) ? value.length : (value as Operand);
    case 'TIMESTAMP':
      return Date.parse(String(value));
    default:
      return value as Operand;
  }
}
