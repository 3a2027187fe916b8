import { nearestText } from '../../lib/nearest-text.ts';
import { AtlasError } from '../errors.ts';
import type { AttributeDefinition, TenantCatalog } from './attribute.ts';

const SHOWN_KEY_LENGTH = 80;

/**
 * A list looks up an unknown key once per entity. Finding the nearest key compares it with many others, and an error of its own for each
 * entity would take much longer than its value.
 */
const unknownKeys = new WeakMap<TenantCatalog, Map<string, AtlasError>>();
const REMEMBERED_KEYS = 1_000;
/** A query can have many unknown keys. */
const MAX_COMPARED_KEYS = 500;

/**
 * The definition of a key, which is not retired.
 * @throws AtlasError ATTRIBUTE_UNKNOWN, suggesting the tenant's nearest key if there is one.
 */
export function attributeByKey(catalog: TenantCatalog, key: string): AttributeDefinition {
  const attribute = definitionByKey(catalog, key);
  if (attribute.retiredAt === null) return attribute;
  throw new AtlasError(
    'ATTRIBUTE_UNKNOWN',
    `Attribute "${key}" was retired on ${attribute.retiredAt.toISOString()}; use another attribute.`,
    { hint: 'Use another attribute, or bring this one back with restoreAttribute.' },
  );
}

/** As `attributeByKey`, for a definition that may be retired. */
export function definitionByKey(catalog: TenantCatalog, key: string): AttributeDefinition {
  const attribute = catalog.byKey(key);
  if (attribute === undefined) throw unknownAttribute(catalog, key);
  return attribute;
}

/**
 * As `attributeByKey`, for an attribute to set or remove.
 * @throws AtlasError ATTRIBUTE_UNKNOWN | FORBIDDEN
 */
export function writableAttribute(catalog: TenantCatalog, key: string): AttributeDefinition {
  const attribute = attributeByKey(catalog, key);
  if (catalog.restriction?.mayWrite(attribute) !== false) return attribute;
  const roles = attribute.access.write ?? [];
  const needed = roles.length === 0 ? 'nobody may' : `needs the role ${roles.map((role) => `"${role}"`).join(' or ')}`;
  const hint =
    roles.length === 0 ? 'Leave the attribute out.' : 'Send a token with that role, or leave the attribute out.';
  throw new AtlasError('FORBIDDEN', `Writing the attribute "${key}" ${needed}.`, { hint });
}

/**
 * As `attributeByKey`, for an attribute to filter, order or aggregate by.
 * @throws AtlasError ATTRIBUTE_UNKNOWN | ATTRIBUTE_NOT_FILTERABLE
 */
export function filterableAttribute(catalog: TenantCatalog, key: string): AttributeDefinition {
  const attribute = attributeByKey(catalog, key);
  if (attribute.filterable) return attribute;
  throw notFilterable(attribute);
}

export function notFilterable({ key }: AttributeDefinition): AtlasError {
  return new AtlasError(
    'ATTRIBUTE_NOT_FILTERABLE',
    `Attribute "${key}" is not filterable; filters, orders and analytics require an attribute defined with filterable: true.`,
  );
}

function unknownAttribute(catalog: TenantCatalog, key: string): AtlasError {
  const remembered = unknownKeys.get(catalog) ?? new Map<string, AtlasError>();
  unknownKeys.set(catalog, remembered);
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const error = unknownKey(catalog, key);
  if (remembered.size >= REMEMBERED_KEYS) remembered.clear();
  remembered.set(key, error);
  return error;
}

function unknownKey(catalog: TenantCatalog, key: string): AtlasError {
  const isLong = key.length > SHOWN_KEY_LENGTH;
  const shown = JSON.stringify(isLong ? `${key.slice(0, SHOWN_KEY_LENGTH)}…` : key);
  const meant = isLong ? null : meantBy(catalog, key);
  const remedy = meant === null ? 'attributeDefinitions lists all keys.' : `did you mean "${meant}"?`;
  const hint =
    meant === null
      ? 'attributeDefinitions lists all keys; defineAttribute defines a new one.'
      : `Use "${meant}", or define the key with defineAttribute.`;
  return new AtlasError('ATTRIBUTE_UNKNOWN', `Unknown attribute ${shown}; ${remedy}`, { hint });
}

function meantBy(catalog: TenantCatalog, key: string): string | null {
  const keys = catalog.all().slice(0, MAX_COMPARED_KEYS);
  return nearestText(
    key,
    keys.map((attribute) => attribute.key),
  );
}
