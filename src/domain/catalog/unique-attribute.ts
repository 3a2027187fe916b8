import { AtlasError } from '../errors.ts';
import type { AttributeDefinition, TenantCatalog } from './attribute.ts';
import { attributeByKey } from './attribute-lookup.ts';
import { invalidAttribute } from './check-definition.ts';

/** The key of its entity types: at most one entity of each has a value. */
export interface UniqueAttribute extends AttributeDefinition {
  readonly keySalt: string;
}

export function isUnique(definition: AttributeDefinition): definition is UniqueAttribute {
  return definition.keySalt !== null;
}

/** @throws AtlasError ATTRIBUTE_INVALID */
export function checkUnique({
  key,
  type,
  entityTypes,
}: Pick<AttributeDefinition, 'key' | 'type' | 'entityTypes'>): void {
  if (type !== 'TEXT' && type !== 'NUMBER') {
    throw invalidAttribute(key, `cannot be unique: it has type ${type}; expected TEXT or NUMBER`);
  }
  if (entityTypes.length === 0) {
    throw invalidAttribute(key, 'cannot be unique without entityTypes; list the types that it is the key of');
  }
}

/**
 * The attribute by which entities of a type are found.
 * @throws AtlasError ATTRIBUTE_UNKNOWN, also for one that the caller may not read; BAD_USER_INPUT for one that is not the key of the type.
 */
export function uniqueAttribute(catalog: TenantCatalog, type: string, key: string): UniqueAttribute {
  const attribute = attributeByKey(catalog, key);
  if (isUnique(attribute) && attribute.entityTypes.includes(type)) return attribute;
  throw new AtlasError(
    'BAD_USER_INPUT',
    `Attribute "${key}" is not the key of entities of type ${JSON.stringify(type)}; expected an attribute defined with unique: true for this type.`,
    { hint: 'Find them with entities(type:, filter:).' },
  );
}
