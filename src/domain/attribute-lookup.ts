import { nearestText } from '../lib/nearest-text.ts';
import type { AttributeDefinition, TenantCatalog } from './attribute.ts';
import { AtlasError } from './errors.ts';

const SHOWN_KEY_LENGTH = 80;

/**
 * The definition in force under this key, not retired.
 * @throws AtlasError ATTRIBUTE_UNKNOWN, naming the tenant's nearest key where there is a near one.
 */
export function attributeByKey(catalog: TenantCatalog, key: string): AttributeDefinition {
  const attribute = catalog.byKey(key);
  if (attribute === undefined) throw unknownAttribute(catalog, key);
  if (attribute.retiredAt === null) return attribute;
  throw new AtlasError(
    'ATTRIBUTE_UNKNOWN',
    `Attribute "${key}" was retired on ${attribute.retiredAt.toISOString()}: leave it out or use another one.`,
  );
}

/**
 * The same, where the attribute's values are to be searched, ordered or counted.
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
    `Attribute "${key}" can be read, but filters, orders and analytics need it to be defined with filterable: true.`,
  );
}

function unknownAttribute(catalog: TenantCatalog, key: string): AtlasError {
  const isLong = key.length > SHOWN_KEY_LENGTH;
  const shown = JSON.stringify(isLong ? `${key.slice(0, SHOWN_KEY_LENGTH)}…` : key);
  const keys = catalog.all().map((attribute) => attribute.key);
  const meant = isLong ? null : nearestText(key, keys);
  const remedy = meant === null ? 'use a key that attributeDefinitions lists.' : `did you mean "${meant}"?`;
  return new AtlasError('ATTRIBUTE_UNKNOWN', `There is no attribute ${shown}: ${remedy}`);
}
