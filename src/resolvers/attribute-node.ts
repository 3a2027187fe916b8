import type { AttributeDefinition, AttributeValue } from '../domain/catalog/attribute.ts';
import { attributeUpdatedAt, type EntityRecord } from '../domain/entity.ts';

/** One attribute of an entity. */
export interface AttributeNode {
  readonly definition: AttributeDefinition;
  /** In stored form. */
  readonly value: AttributeValue;
  readonly updatedAt: Date;
}

/** Null where the entity does not have the attribute. A JSON attribute whose value is null is had. */
export function attributeNode(entity: EntityRecord, definition: AttributeDefinition): AttributeNode | null {
  const value = entity.attributes[definition.id];
  return value === undefined ? null : { definition, value, updatedAt: attributeUpdatedAt(entity, definition.id) };
}
