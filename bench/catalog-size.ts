import { createHash } from 'node:crypto';
import { loadSettings } from '../src/config/config.ts';
import { requestLimits } from '../src/config/request-limits.ts';
import type { AttributeDefinition, AttributeType } from '../src/domain/catalog/attribute.ts';
import { CatalogSnapshot } from '../src/domain/catalog/catalog-snapshot.ts';
import type { RevisedDefinition } from '../src/domain/catalog/tenant-definitions.ts';
import { buildBaseSchema, buildSchema } from '../src/graphql/schema/build-schema.ts';
import { createApolloServer } from '../src/graphql/schema/create-apollo-server.ts';
import { createDocumentStore } from '../src/graphql/schema/document-store.ts';
import { exposedAttributes, exposedFingerprint } from '../src/graphql/schema/exposed-attributes.ts';
import { loadSdl } from '../src/graphql/schema/load-sdl.ts';
import { createLogger } from '../src/observability/logger.ts';

/**
 * What a large catalog costs a process beside a small one, as ratios within one run: loading it, looking keys up, building a tenant's schema, and memory.
 * Usage: npx tsx --expose-gc bench/catalog-size.ts [rounds]
 */
const ROUNDS = Number(process.argv[2] ?? 15);
const TYPES: readonly AttributeType[] = ['TEXT', 'NUMBER', 'BOOLEAN', 'TIMESTAMP', 'JSON'];
const SMALL = { name: 'small', definitions: 100, exposed: 20 };
const LARGE = { name: 'large', definitions: 10_000, exposed: 2_000 };
const AT = new Date(0);

function rows(count: number, exposed: number): RevisedDefinition[] {
  return Array.from({ length: count }, (_, n) => ({
    revision: n + 1,
    definition: {
      ...{ id: n + 1, tenantId: 1, key: `attribute_${n}`, type: TYPES[n % 5] ?? 'TEXT', description: `Attribute ${n}` },
      ...{
        entityTypes: [],
        filterable: true,
        exposed: n < exposed,
        hotColumn: null,
        rules: {},
        access: {},
        keySalt: null,
      },
      ...{ retiredAt: null, createdAt: AT, updatedAt: AT, version: 1, storage: {} },
    } satisfies AttributeDefinition,
  }));
}

const base = buildBaseSchema(loadSdl());
const parts = {
  limits: requestLimits(loadSettings({})),
  logger: createLogger('silent'),
  documents: createDocumentStore(),
};
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

interface Costs {
  load: number;
  change: number;
  fields: number;
  schema: number;
  server: number;
  lookup: number;
  heap: number;
}

async function measure({ definitions, exposed }: typeof SMALL): Promise<Costs> {
  const loaded = rows(definitions, exposed);
  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  const time = <T>(work: () => T): [number, T] => {
    const { user } = process.cpuUsage();
    const result = work();
    return [(process.cpuUsage().user - user) / 1000, result];
  };
  const [load, { snapshot }] = time(() => {
    const made = CatalogSnapshot.EMPTY.with(loaded);
    made.snapshot.forTenant(1).all();
    return made;
  });
  const first = loaded[0];
  if (first === undefined) throw new Error('no definitions');
  const [change] = time(() =>
    snapshot
      .with([{ ...first, revision: definitions + 1 }])
      .snapshot.forTenant(1)
      .all(),
  );
  const catalog = snapshot.forTenant(1);
  const [fields, attributes] = time(() => {
    const found = exposedAttributes(catalog);
    exposedFingerprint(found);
    return found;
  });
  const [schema, built] = time(() => buildSchema(base, attributes));
  const started = process.cpuUsage().user;
  const server = await createApolloServer(built, parts);
  const serverMs = (process.cpuUsage().user - started) / 1000;
  const [lookup] = time(() => {
    const hash = createHash('md5');
    for (let n = 0; n < 20_000; n++) hash.update(String(catalog.byKey(`attribute_${n % definitions}`)?.id));
  });
  globalThis.gc?.();
  const heap = (process.memoryUsage().heapUsed - heapBefore) / 2 ** 20;
  await server.stop();
  return { load, change, fields, schema, server: serverMs, lookup, heap };
}

await measure(SMALL);
await measure(LARGE);
const found: Record<string, Costs[]> = { small: [], large: [] };
for (let round = 0; round < ROUNDS; round++) {
  for (const size of round % 2 === 0 ? [SMALL, LARGE] : [LARGE, SMALL]) found[size.name]?.push(await measure(size));
}
for (const cost of ['load', 'change', 'fields', 'schema', 'server', 'lookup', 'heap'] as const) {
  const [small, large] = ['small', 'large'].map((name) => median((found[name] ?? []).map((costs) => costs[cost])));
  if (small === undefined || large === undefined) continue;
  const unit = cost === 'heap' ? 'MiB' : 'ms CPU';
  const values = `small ${small.toFixed(2)}  large ${large.toFixed(2)} ${unit}`;
  process.stdout.write(
    `${cost.padEnd(8)} ${values}  difference ${(large - small).toFixed(2)}  ratio ${(large / small).toFixed(2)}\n`,
  );
}
