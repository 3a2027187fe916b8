import { checkEntityType } from '../entity-type.ts';
import { AtlasError } from '../errors.ts';
import { SHARED_TENANT, type TenantId } from '../identifiers.ts';
import { checkAttributeRules } from '../rules/attribute-rules.ts';
import { isStorableText } from '../values/storable.ts';
import { type AttributeDefinition, HOT_COLUMNS, type HotColumn } from './attribute.ts';
import { checkAccess } from './attribute-access.ts';
import type { IsShown, NewAttribute } from './attribute-catalog.ts';
import { checkAttributeKey } from './attribute-key.ts';
import { type CatalogQuota, CatalogUse } from './catalog-quota.ts';
import { ENTITY_FIELDS, exposedFieldName } from './exposed-field.ts';

export type DefinitionToInsert = Pick<
  AttributeDefinition,
  'key' | 'type' | 'description' | 'entityTypes' | 'filterable' | 'exposed' | 'hotColumn' | 'rules' | 'access'
>;

/** Bounded because every process holds every definition in memory. */
const MAX_DESCRIPTION_LENGTH = 2_000;
const MAX_ENTITY_TYPES = 100;

/**
 * The definitions to insert so that all `attributes` exist, without those that already exist with the same type. Hot
 * attributes get the first free column of their type.
 * @param visible The definitions that new ones may collide with; for a shared definition, those of every tenant.
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
      checkSame(attribute, existing, tenantId);
      continue;
    }
    const definition = complete(attribute);
    use.add(definition);
    if (definition.exposed) taken.claimField(definition.key);
    const hotColumn = attribute.hot === true ? taken.claimHotColumn(definition) : null;
    taken.keys.set(definition.key, { ...definition, tenantId, isHidden: false });
    planned.push({ ...definition, hotColumn });
  }
  return planned;
}

function complete(attribute: NewAttribute): DefinitionToInsert {
  const { key, type, description = null, entityTypes = [], filterable = true, exposed = false, rules = {} } = attribute;
  const { access = {} } = attribute;
  checkAttributeKey(key);
  entityTypes.forEach(checkEntityType);
  checkAttributeRules(key, type, rules);
  checkAccess(key, access);
  if (!isStorableText(description ?? '')) {
    throw invalid(key, 'has a description with a NUL character or an unpaired surrogate');
  }
  if ((description?.length ?? 0) > MAX_DESCRIPTION_LENGTH) {
    throw invalid(
      key,
      `has a description of ${description?.length} characters; the limit is ${MAX_DESCRIPTION_LENGTH}`,
    );
  }
  if (entityTypes.length > MAX_ENTITY_TYPES) {
    throw invalid(
      key,
      `lists ${entityTypes.length} entity types; the limit is ${MAX_ENTITY_TYPES}, and an empty list means all types`,
    );
  }
  if (attribute.hot === true && !filterable) {
    throw invalid(key, 'cannot be hot without being filterable');
  }
  return { key, type, description, entityTypes, filterable, exposed, rules, access, hotColumn: null };
}

function checkSame(attribute: NewAttribute, existing: Existing, tenantId: TenantId): void {
  if (existing.tenantId !== tenantId && tenantId === SHARED_TENANT) {
    throw invalid(attribute.key, 'is already defined by a tenant and cannot become shared; use another key');
  }
  if (existing.isHidden) throw undefinable(attribute.key);
  if (existing.type === attribute.type) return;
  throw new AtlasError(
    'ATTRIBUTE_TYPE_MISMATCH',
    `Attribute "${attribute.key}" already has type ${existing.type}; use that type or another key.`,
  );
}

type Existing = Pick<AttributeDefinition, 'type' | 'tenantId'> & { readonly isHidden: boolean };

/** The keys, field names and hot columns in use. */
class Taken {
  readonly keys = new Map<string, Existing>();
  /** The key of a field; null if it is hidden. */
  readonly #fields = new Map<string, string | null>();
  readonly #hotColumns = new Set<HotColumn>();

  constructor(tenantId: TenantId, visible: Iterable<AttributeDefinition>, isShown: IsShown) {
    for (const definition of visible) {
      const { key, type } = definition;
      const isHidden = !isShown(definition);
      // If several tenants define a key, any of them marks it as taken, but this tenant's own takes precedence.
      if (this.keys.get(key)?.tenantId !== tenantId) {
        this.keys.set(key, { type, tenantId: definition.tenantId, isHidden });
      }
      if (definition.exposed) this.#fields.set(exposedFieldName(key), isHidden ? null : key);
      if (definition.hotColumn !== null) this.#hotColumns.add(definition.hotColumn);
    }
  }

  claimField(key: string): void {
    const field = exposedFieldName(key);
    if (ENTITY_FIELDS.has(field)) {
      throw invalid(key, `cannot be exposed: every Entity already has a field ${field}`);
    }
    const other = this.#fields.get(field);
    if (other === null) throw invalid(key, `cannot be exposed: the field ${field} is taken`);
    if (other !== undefined) {
      throw invalid(key, `cannot be exposed: attribute "${other}" already uses the field ${field}`);
    }
    this.#fields.set(field, key);
  }

  claimHotColumn({ key, type }: DefinitionToInsert): HotColumn {
    const columns: readonly HotColumn[] = HOT_COLUMNS[type];
    const free = columns.find((column) => !this.#hotColumns.has(column));
    if (free === undefined) {
      const reason =
        columns.length === 0
          ? `type ${type} has no hot columns`
          : `all ${columns.length} hot ${type} columns are taken`;
      throw invalid(key, `cannot be hot: ${reason}`);
    }
    this.#hotColumns.add(free);
    return free;
  }
}

/** The error for a key that is taken by a definition which the caller may not know. */
export function undefinable(key: string): AtlasError {
  return invalid(key, 'cannot be defined; use another key');
}

function invalid(key: string, problem: string): AtlasError {
  return new AtlasError('ATTRIBUTE_INVALID', `Attribute "${key}" ${problem}.`);
}
