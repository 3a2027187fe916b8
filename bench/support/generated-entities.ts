import { SeededRandom } from '../../src/importing/sample-data/seeded-random.ts';

export interface Population {
  /** Of all tenants. */
  readonly entities: number;
  /** With the ids 1, 2, … */
  readonly tenants: number;
  /** Attributes, over all tenants: each has an equal part, 10 of which all of its entities have. */
  readonly attributeTypes: number;
}

export interface GeneratedDefinition {
  readonly key: string;
  readonly type: 'TEXT' | 'NUMBER' | 'BOOLEAN' | 'TIMESTAMP' | 'JSON';
  readonly hot?: true;
  readonly exposed?: true;
}

type Row = Readonly<Record<string, unknown>>;

export const ENTITY_TYPE = 'user';
/** Of each entity, beside its id. */
export const VALUES_PER_ENTITY = 12;
export const CITIES = 300;
export const SCORES = 1_000;
const STATUSES = [
  ['active', 68],
  ['inactive', 22],
  ['suspended', 6],
  ['pending', 4],
] as const;
export const WORDS =
  'amber basalt cedar delta ember fjord garnet harbor indigo juniper kelp lagoon meadow nectar onyx prairie'.split(' ');
const TAIL_TYPES = ['TEXT', 'NUMBER', 'BOOLEAN', 'TIMESTAMP', 'JSON'] as const;
/** How much smaller the next tenant is: the largest of 50 has a third of all entities. */
const SKEW = 1.2;
const EPOCH = Date.parse('2024-01-01T00:00:00Z');
const SEED = 20_261_122;

/** What every tenant defines. The three hot ones share an index. */
export const COMMON: readonly GeneratedDefinition[] = [
  { key: 'city', type: 'TEXT', hot: true },
  { key: 'status', type: 'TEXT', hot: true },
  { key: 'score', type: 'NUMBER', hot: true, exposed: true },
  { key: 'name', type: 'TEXT' },
  { key: 'email', type: 'TEXT' },
  { key: 'title', type: 'TEXT' },
  { key: 'amount', type: 'NUMBER' },
  { key: 'active', type: 'BOOLEAN' },
  { key: 'joined', type: 'TIMESTAMP' },
  { key: 'profile', type: 'JSON' },
];

/** How many attributes of the long tail each tenant has. An entity has two of them. */
export function tailSize({ attributeTypes, tenants }: Population): number {
  return Math.max(2, Math.floor(attributeTypes / tenants) - COMMON.length);
}

/** How many entities each tenant has, by tenant from 1: together all of them. */
export function sizesOfTenants({ entities, tenants }: Population): ReadonlyMap<number, number> {
  const weights = Array.from({ length: tenants }, (_, n) => (n + 1) ** -SKEW);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const sizes = weights.map((weight) => Math.max(1, Math.floor((entities * weight) / total)));
  const rest = entities - sizes.reduce((sum, size) => sum + size, 0);
  return new Map(sizes.map((size, n) => [n + 1, n === 0 ? Math.max(1, size + rest) : size]));
}

/** An entity with its id as `id`: always the same, whatever was generated before it. @param tail see tailSize. */
export function generatedEntity(tenant: number, id: number, tail: number): Row {
  const random = new SeededRandom(SEED ^ Math.imul(tenant, 0x9e3779b1) ^ Math.imul(id, 0x85ebca6b));
  const word = () => random.pick(WORDS);
  const first = random.below(tail);
  const status = random.weighted(STATUSES);
  return {
    id,
    city: `City ${Math.min(random.below(CITIES), random.below(CITIES))}`,
    status,
    score: random.below(SCORES),
    name: `${word()} ${word()} ${id}`,
    email: `${word()}.${id}@example.org`,
    title: `${word()} ${word()} ${word()} ${word()} ${id.toString(36)}`,
    amount: random.below(100_000_000) / 100,
    active: status === 'active',
    joined: new Date(EPOCH + random.below(63_072_000) * 1_000).toISOString(),
    profile: { theme: random.pick(['light', 'dark']), visits: random.below(500) },
    ...Object.fromEntries([first, (first + 1) % tail].map((n) => [tailKey(n), tailValue(n, random)])),
  };
}

export function tailKey(n: number): string {
  return `tail_${n}`;
}

/** Texts of the tail are few, so that a value of them has many entities. */
export const TAIL_TEXTS = 50;

function tailValue(n: number, random: SeededRandom): unknown {
  switch (TAIL_TYPES[n % TAIL_TYPES.length]) {
    case 'NUMBER':
      return random.below(1_000_000) / 8;
    case 'BOOLEAN':
      return random.chance(0.5);
    case 'TIMESTAMP':
      return new Date(EPOCH + random.below(63_072_000) * 1_000).toISOString();
    case 'JSON':
      return [random.below(100), random.pick(WORDS)];
    default:
      return `value ${random.below(TAIL_TEXTS)}`;
  }
}

/** Lines of NDJSON, in chunks of about 1,000. @param from the first id. @param to the last one. */
export function* ndjson(tenant: number, from: number, to: number, tail: number): Generator<string> {
  let lines: string[] = [];
  for (let id = from; id <= to; id++) {
    lines.push(`${JSON.stringify(generatedEntity(tenant, id, tail))}\n`);
    if (lines.length < 1_000 && id < to) continue;
    yield lines.join('');
    lines = [];
  }
}
