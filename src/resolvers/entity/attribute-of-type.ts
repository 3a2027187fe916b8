import type { AttributeDefinition, AttributeType, TenantCatalog } from '../../domain/catalog/attribute.ts';
import { attributeByKey } from '../../domain/catalog/attribute-lookup.ts';
import { AtlasError } from '../../domain/errors.ts';
import { predicateNameOf } from '../../domain/filter/predicate-types.ts';

/** The definition for the field of Entity that returns values of this type. @throws AtlasError ATTRIBUTE_UNKNOWN | ATTRIBUTE_TYPE_MISMATCH */
export function attributeOfType(catalog: TenantCatalog, key: string, type: AttributeType): AttributeDefinition {
  const definition = attributeByKey(catalog, key);
  if (definition.type === type) return definition;
  throw new AtlasError(
    'ATTRIBUTE_TYPE_MISMATCH',
    `Attribute "${key}" has type ${definition.type}; read it with the field ${predicateNameOf(definition.type)}, not ${predicateNameOf(type)}.`,
  );
}
