import type { TenantCatalog } from '../catalog/attribute.ts';
import { filterableAttribute } from '../catalog/attribute-lookup.ts';
import { isListType } from '../catalog/list-types.ts';
import { AtlasError } from '../errors.ts';
import type { EntityField, EntityOrder } from './filter.ts';
import type { EntityOrderInput } from './filter-input.ts';

/** Each further order costs a join. */
const MAX_ORDERS = 5;

const FIELDS = { ID: 'id', CREATED_AT: 'createdAt', UPDATED_AT: 'updatedAt' } as const satisfies Record<
  string,
  EntityField
>;

/**
 * Resolves a client's order against its tenant's catalog.
 * @throws AtlasError ATTRIBUTE_UNKNOWN | ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_NOT_FILTERABLE | BAD_USER_INPUT | LIMIT_EXCEEDED
 */
export function resolveOrder(
  inputs: readonly EntityOrderInput[] | null | undefined,
  catalog: TenantCatalog,
): EntityOrder[] {
  if (inputs === null || inputs === undefined) return [];
  if (inputs.length > MAX_ORDERS) {
    throw new AtlasError('LIMIT_EXCEEDED', `orderBy has ${inputs.length} entries; the limit is ${MAX_ORDERS}.`);
  }
  const orders = inputs.map((input) => resolveOne(input, catalog));
  const names = orders.map((order) => (order.kind === 'field' ? `field ${order.field}` : `"${order.attribute.key}"`));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return orders;
  throw new AtlasError('BAD_USER_INPUT', `orderBy names ${twice} more than once; expected each at most once.`);
}

function resolveOne(input: EntityOrderInput, catalog: TenantCatalog): EntityOrder {
  const { direction } = input;
  const key = input.attribute ?? null;
  const field = input.field ?? null;
  if ((key === null) === (field === null)) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      'An entry of orderBy has both or neither of attribute and field; expected exactly one.',
    );
  }
  if (field !== null) return { kind: 'field', field: FIELDS[field], direction };
  const attribute = filterableAttribute(catalog, key ?? '');
  const { type } = attribute;
  if (type !== 'JSON' && type !== 'REFERENCE' && !isListType(type)) return { kind: 'attribute', attribute, direction };
  throw new AtlasError(
    'ATTRIBUTE_TYPE_MISMATCH',
    `Attribute "${attribute.key}" has type ${type}, which has no order; order by a text, number, boolean or timestamp.`,
  );
}
