import type {
  AttributeDefinition,
  AttributeLookup,
  AttributeType,
  HotColumn,
} from '../../../src/domain/catalog/attribute.ts';

function attribute(
  id: number,
  type: AttributeType,
  options: { filterable?: boolean; hotColumn?: HotColumn } = {},
): AttributeDefinition {
  return {
    id,
    tenantId: 0,
    key: `attribute_${id}`,
    type,
    description: null,
    entityTypes: [],
    filterable: options.filterable ?? true,
    exposed: false,
    hotColumn: options.hotColumn ?? null,
    rules: {},
    access: {},
    keySalt: null,
    retiredAt: null,
    createdAt: new Date(0),
    updatedAt: new Date(0),
    version: 1,
    storage: {},
  };
}

/** One of each kind; `entity` and `expectedAttributes` (replicated-data.ts) know them by number. */
export const TEST_ATTRIBUTES: readonly AttributeDefinition[] = [
  attribute(1, 'TEXT'),
  attribute(2, 'NUMBER'),
  attribute(3, 'BOOLEAN'),
  attribute(4, 'TIMESTAMP'),
  attribute(5, 'JSON'),
  attribute(6, 'TEXT', { filterable: false }),
  attribute(7, 'NUMBER', { hotColumn: 'number_1' }),
  attribute(8, 'TEXT', { hotColumn: 'text_1' }),
  attribute(9, 'REFERENCE'),
  attribute(30, 'TEXT_LIST'),
  attribute(31, 'NUMBER_LIST'),
];

export function lookupOf(attributes: readonly AttributeDefinition[]): AttributeLookup {
  const byId = new Map(attributes.map((definition) => [definition.id, definition]));
  return { byId: (id) => byId.get(id), refresh: async () => {}, atLeast: async () => {}, moving: () => [] };
}
