import { checkEntityType } from '../entity-type.ts';
import { AtlasError } from '../errors.ts';
import { checkAttributeRules } from '../rules/attribute-rules.ts';
import { isStorableText } from '../values/storable.ts';
import type { AttributeDefinition } from './attribute.ts';
import { checkAccess } from './attribute-access.ts';

/** Bounded because every process holds every definition in memory. */
export const MAX_DESCRIPTION_LENGTH = 2_000;
const MAX_ENTITY_TYPES = 100;

type Checked = Pick<AttributeDefinition, 'key' | 'type' | 'description' | 'entityTypes' | 'rules' | 'access'>;

/**
 * What must hold for a definition whatever else is defined.
 * @throws AtlasError ATTRIBUTE_INVALID | BAD_USER_INPUT
 */
export function checkDefinition({ key, type, description, entityTypes, rules, access }: Checked): void {
  entityTypes.forEach(checkEntityType);
  checkAttributeRules(key, type, rules);
  checkAccess(key, access);
  if (!isStorableText(description ?? '')) {
    throw invalidAttribute(key, 'has a description with a NUL character or an unpaired surrogate');
  }
  if ((description?.length ?? 0) > MAX_DESCRIPTION_LENGTH) {
    throw invalidAttribute(
      key,
      `has a description of ${description?.length} characters; the limit is ${MAX_DESCRIPTION_LENGTH}`,
    );
  }
  if (entityTypes.length > MAX_ENTITY_TYPES) {
    throw invalidAttribute(
      key,
      `lists ${entityTypes.length} entity types; the limit is ${MAX_ENTITY_TYPES}, and an empty list means all types`,
    );
  }
}

export function invalidAttribute(key: string, problem: string): AtlasError {
  return new AtlasError('ATTRIBUTE_INVALID', `Attribute "${key}" ${problem}.`);
}
