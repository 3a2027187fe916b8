import type { AttributeType, AttributeValue } from '../../domain/catalog/attribute.ts';
import type { EntityId } from '../../domain/identifiers.ts';

/** The value of a TEXT attribute. Writes check types, so another type means that the store is corrupt. @throws TypeError */
export function asText(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  throw misfit('TEXT');
}

export function asNumber(value: AttributeValue): number {
  if (typeof value === 'number') return value;
  throw misfit('NUMBER');
}

export function asBoolean(value: AttributeValue): boolean {
  if (typeof value === 'boolean') return value;
  throw misfit('BOOLEAN');
}

export function asTimestamp(value: AttributeValue): Date {
  if (typeof value === 'string') return new Date(value);
  throw misfit('TIMESTAMP');
}

export function asReference(value: AttributeValue): EntityId {
  if (typeof value === 'string') return value;
  throw misfit('REFERENCE');
}

export function asTextList(value: AttributeValue): readonly string[] {
  if (Array.isArray(value)) return value.map(asText);
  throw misfit('TEXT_LIST');
}

export function asNumberList(value: AttributeValue): readonly number[] {
  if (Array.isArray(value)) return value.map(asNumber);
  throw misfit('NUMBER_LIST');
}

function misfit(type: AttributeType): TypeError {
  return new TypeError(`A stored value does not have the type ${type} of its attribute`);
}
