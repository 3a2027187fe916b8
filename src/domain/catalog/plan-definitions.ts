import { AtlasError } from '../errors.ts';
import type { TenantId } from '../identifiers.ts';
import type { AttributeDefinition, AttributeType } from './attribute.ts';
import type { IsShown, NewAttribute } from './attribute-catalog.ts';
import { checkAttributeKey } from './attribute-key.ts';
import { type CatalogQuota, CatalogUse } from './catalog-quota.ts';
import { checkDefinition, invalidAttribute } from './check-definition.ts';
import { type Existing, Taken } from './taken.ts';
import { checkUnique } from './unique-attribute.ts';

export interface DefinitionToInsert
  extends Pick<
    AttributeDefinition,
    'key' | 'type' | 'description' | 'entityTypes' | 'filterable' | 'exposed' | 'hotColumn' | 'rules' | 'access'
  > {
  readonly unique: boolean;
}

/**
 * The definitions to insert so that all `attributes` exist, without those that already exist with the same type. Hot
 * attributes get the first free column of their type.
 * @param visible The definitions that new ones may collide with; for a shared definition, those of every tenant. It may have the key of
 * tenants' own definitions of the same type, which keep their values.
 * @param isShown False for definitions of which errors must tell nothing.
 * @throws AtlasError ATTRIBUTE_INVALID | ATTRIBUTE_TYPE_MISMATCH | LIMIT_EXCEEDED
 */
export function planDefinitions(
  tenantId: TenantId,
  attributes: readonly NewAttribute[],
  visible: Iterable<AttributeDefinition>,
  quota: CatalogQuota,
  isShown: IsShown = () => true,
): DefinitionToInsert[] {
  const definitions = [...visible];
  const taken = new Taken(tenantId, definitions, isShown);
  const use = new CatalogUse(
    definitions.filter((definition) => definition.tenantId === tenantId),
    quota,
  );
  const planned: DefinitionToInsert[] = [];
  for (const attribute of attributes) {
    const existing = taken.keys.get(attribute.key);
    if (existing !== undefined) {
      checkSame(attribute, existing);
      continue;
    }
    taken.checkOthers(attribute);
    const definition = complete(attribute);
    use.add(definition);
    if (definition.exposed) taken.claimField(definition.key);
    if (definition.unique) taken.claimTypes(definition);
    const hotColumn = attribute.hot === true ? taken.claimHotColumn(definition) : null;
    taken.keys.set(definition.key, { type: definition.type, isHidden: false, state: 'USED' });
    planned.push({ ...definition, hotColumn });
  }
  return planned;
}

function complete(attribute: NewAttribute): DefinitionToInsert {
  const { key, type, description = null, entityTypes = [], filterable = true, exposed = false, rules = {} } = attribute;
  const { access = {}, unique = false } = attribute;
  checkAttributeKey(key);
  checkDefinition({ key, type, description, entityTypes, rules, access });
  if (unique) checkUnique({ key, type, entityTypes });
  if (attribute.hot === true && !filterable) {
    throw invalidAttribute(key, 'cannot be hot without being filterable');
  }
  return { key, type, description, entityTypes, filterable, exposed, rules, access, unique, hotColumn: null };
}

function checkSame(attribute: NewAttribute, existing: Existing): void {
  if (existing.isHidden) throw undefinable(attribute.key);
  if (existing.type === attribute.type) return;
  throw new AtlasError(
    'ATTRIBUTE_TYPE_MISMATCH',
    `Attribute "${attribute.key}" ${OTHER_TYPE[existing.state](existing.type)}.`,
  );
}

const OTHER_TYPE: Readonly<Record<Existing['state'], (type: AttributeType) => string>> = {
  USED: (type) => `already has type ${type}; use that type or another key`,
  RETIRED: (type) => `is retired and has type ${type}; delete it first, or use another key`,
  BEING_DELETED: (type) => `is being deleted and has type ${type}; retry when it is gone`,
};

/** The error for a key that is taken by a definition which the caller may not know. */
export function undefinable(key: string): AtlasError {
  return invalidAttribute(key, 'cannot be defined; use another key');
}
