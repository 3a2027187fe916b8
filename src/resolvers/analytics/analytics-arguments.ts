import type { GroupKeys, GroupValues } from '../../domain/analytics/group.ts';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { filterableAttribute } from '../../domain/catalog/attribute-lookup.ts';
import { countedType } from '../../domain/catalog/list-types.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { RequestContext } from '../request-context.ts';

const MAX_GROUP_KEYS = 3;

/** What to group by; nothing if no keys are given. @throws AtlasError BAD_USER_INPUT | ATTRIBUTE_UNKNOWN | ATTRIBUTE_NOT_FILTERABLE */
export function groupKeys(keys: readonly string[] | null | undefined, { catalog }: RequestContext): GroupKeys {
  if (keys == null) return [];
  if (keys.length > MAX_GROUP_KEYS) {
    throw new AtlasError('BAD_USER_INPUT', `groupBy has ${keys.length} keys; the maximum is ${MAX_GROUP_KEYS}.`);
  }
  if (new Set(keys).size < keys.length) throw new AtlasError('BAD_USER_INPUT', 'groupBy has a key twice.');
  return keys.map((key) => filterableAttribute(catalog, key));
}

/** The fields that every group has. */
export function groupFields(values: GroupValues): { readonly value: string | null; readonly values: GroupValues } {
  return { value: values[0] ?? null, values };
}

/** @param use what requires a number, for the error. @throws AtlasError ATTRIBUTE_UNKNOWN | ATTRIBUTE_NOT_FILTERABLE | ATTRIBUTE_TYPE_MISMATCH */
export function numberAttribute(key: string, use: string, { catalog }: RequestContext): AttributeDefinition {
  const attribute = filterableAttribute(catalog, key);
  if (countedType(attribute.type) === 'NUMBER') return attribute;
  throw new AtlasError(
    'ATTRIBUTE_TYPE_MISMATCH',
    `Attribute "${key}" has type ${attribute.type}; ${use} requires a NUMBER or NUMBER_LIST attribute.`,
  );
}
