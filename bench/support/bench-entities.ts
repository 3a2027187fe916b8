import type { EntityWrite } from '../../src/datasources/entity-writer.ts';
import type {
  AttributeDefinition,
  AttributeType,
  AttributeValue,
  HotColumn,
} from '../../src/domain/catalog/attribute.ts';

/** Pseudo-random numbers, the same on every run. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

function definition(id: number, type: AttributeType, hotColumn: HotColumn | null): AttributeDefinition {
  const epoch = new Date(0);
  return {
    id,
    tenantId: 0,
    key: `attribute_${id}`,
    type,
    description: null,
    entityTypes: [],
    filterable: true,
    exposed: false,
    hotColumn,
    rules: {},
    access: {},
    keySalt: null,
    retiredAt: null,
    createdAt: epoch,
    updatedAt: epoch,
    version: 1,
    storage: {},
  };
}

const TAIL_TYPES: readonly AttributeType[] = ['TEXT', 'NUMBER', 'BOOLEAN', 'TIMESTAMP'];

/** The hot attributes of the first example query: two texts and a number. */
export const HOT = [
  definition(1, 'TEXT', 'text_1'),
  definition(2, 'TEXT', 'text_2'),
  definition(3, 'NUMBER', 'number_1'),
];
export const TAIL = Array.from({ length: 400 }, (_, n) =>
  definition(100 + n, TAIL_TYPES[n % TAIL_TYPES.length] ?? 'TEXT', null),
);

export function randomValue(type: AttributeType, random: (below: number) => number): AttributeValue {
  switch (type) {
    case 'NUMBER':
      return random(1_000_000) / 7;
    case 'BOOLEAN':
      return random(2) === 0;
    case 'TIMESTAMP':
      return new Date(1_600_000_000_000 + random(1_000_000) * 1000).toISOString();
    default:
      return `value ${random(5_000)}`;
  }
}

/** An entity with the three hot attributes and nine of the long tail. */
export function randomEntity(id: number, random: (below: number) => number): EntityWrite {
  const first = random(TAIL.length);
  const attributes = [...HOT, ...Array.from({ length: 9 }, (_, n) => TAIL[(first + n * 37) % TAIL.length])];
  const set = attributes.flatMap((attribute) =>
    attribute === undefined ? [] : [{ attribute, value: randomValue(attribute.type, random) }],
  );
  return { id: String(id), type: 'user', set, remove: [], expectedVersion: null };
}

export const VALUES_PER_ENTITY = 12;

/** Half of all entities belong to the first tenant, a quarter to the next, and so on. */
export function skewedTenant(random: (below: number) => number): number {
  let tenant = 1;
  while (tenant < 50 && random(2) === 0) tenant += 1;
  return tenant;
}
