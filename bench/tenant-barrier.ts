// Measures what the barrier between tenants costs: the same reads and writes as `atlas_serve`, with the tenant sent before each
// statement, and as a superuser without it, in turns on one database. CPU (Linux) is that of both ends of the connection; it depends
// little on what else the machine does. Usage: npx tsx bench/tenant-barrier.ts [rounds]
import { readFileSync } from 'node:fs';
import type { PostgresDatabase, PostgresServer, Statement } from '../src/connections/postgres/postgres-database.ts';
import type { PostgresPool } from '../src/connections/postgres/postgres-pool.ts';
import { PostgresEntityReader } from '../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { PostgresEntityWriter } from '../src/datasources/postgres/writing/postgres-entity-writer.ts';
import { count } from '../src/datasources/questions/count.ts';
import { distribution } from '../src/datasources/questions/distribution.ts';
import { entitiesById } from '../src/datasources/questions/entities-by-id.ts';
import { entityPage } from '../src/datasources/questions/entity-page.ts';
import type { Question } from '../src/datasources/questions/question.ts';
import type { EntityFilter, Operand } from '../src/domain/filter/filter.ts';
import { systemClock } from '../src/lib/clock.ts';
import { migrateShard } from '../src/migration/migrate-shard.ts';
import { migrationsDirectory, readMigrations } from '../src/migration/migration-files.ts';
import { ShardMap } from '../src/sharding/shard-map.ts';
import { authorOf } from '../test/support/author.ts';
import { FIXED_DEFINITIONS } from '../test/support/fixed-definitions.ts';
import { HOT, randomEntity, randomValue, seededRandom, skewedTenant, TAIL } from './support/bench-entities.ts';
import { startScratchPostgres } from './support/scratch-postgres.ts';

const ENTITIES = 60_000;
const ROUNDS = Number(process.argv[2] ?? 40);
const WARM_UP = 5;

const [name, city, score] = HOT;
const [tailText, tailNumber] = TAIL;
if (!(name && city && score && tailText && tailNumber)) throw new Error('The attributes are missing');

/** The same connections, but no statement says whose it is. */
function withoutTenants(pool: PostgresPool): PostgresDatabase {
  const bare = ({ tenant: _, ...statement }: Statement): Statement => statement;
  return {
    shard: pool.shard,
    role: pool.role,
    query: (statement, signal) => pool.query(bare(statement), signal),
    transaction: (work, isolation, signal) =>
      pool.transaction(
        (session) => work({ query: (statement, own) => session.query(bare(statement), own) }),
        isolation,
        signal,
      ),
    close: () => pool.close(),
  };
}

const signal = new AbortController().signal;
const server = await startScratchPostgres();
const owner = await server.database('barrier', 1);
await migrateShard(owner, readMigrations(migrationsDirectory('postgres')));
await owner.query({
  text: `INSERT INTO atlas.shard (shard_id, placement, cluster_id, heartbeat_at, heartbeat_lsn)
    VALUES ('s0', 'by hash over s0', gen_random_uuid(), now(), pg_current_wal_lsn())`,
  values: [],
});

const writerOf = (database: PostgresDatabase) =>
  new PostgresEntityWriter(
    new ShardMap([{ id: 's0', primary: '', replicas: [] }], { kind: 'hash' }),
    [database],
    systemClock,
    {
      maxEntityBytes: 8_388_608,
    },
    FIXED_DEFINITIONS,
  );

const variants = {
  without: withoutTenants(server.open('barrier', 1)),
  with: server.open('barrier', 1, 'atlas_serve'),
} as const;
type Variant = keyof typeof variants;
const readers = Object.fromEntries(
  Object.entries(variants).map(([variant, database]) => [
    variant,
    new PostgresEntityReader(database as PostgresServer),
  ]),
);
const writers = Object.fromEntries(
  Object.entries(variants).map(([variant, database]) => [variant, writerOf(database)]),
);

const random = seededRandom(11);
const idsOf = new Map<number, string[]>();
for (let next = 1; next <= ENTITIES; ) {
  const tenant = skewedTenant(random);
  const batch = Array.from({ length: Math.min(500, ENTITIES - next + 1) }, () => randomEntity(next++, random));
  await writers.with?.upsert(authorOf(tenant), batch);
  idsOf.set(tenant, [...(idsOf.get(tenant) ?? []), ...batch.map(({ id }) => id ?? '')]);
}
await owner.query({ text: 'VACUUM ANALYZE', values: [] });

const is = (attribute: typeof name, operator: 'eq' | 'gt', operand: Operand): EntityFilter => ({
  kind: 'attribute',
  attribute,
  predicate: { operator, operand },
});
const users = (tenantId: number, ...filters: EntityFilter[]) =>
  ({ tenantId, type: 'user', filter: { kind: 'and', filters } }) as const;
const page = (tenantId: number, filters: EntityFilter[], order: 'id' | 'score' | 'tail') =>
  entityPage({
    ...users(tenantId, ...filters),
    order:
      order === 'id'
        ? []
        : [{ kind: 'attribute', attribute: order === 'score' ? score : tailNumber, direction: 'DESC' }],
    from: null,
    direction: 'FORWARD',
    limit: 51,
  });
const someId = (tenant: number) => idsOf.get(tenant)?.[random(idsOf.get(tenant)?.length ?? 1)] ?? '1';

/** Makes the next case of an operation. The same one is given to both variants. */
type Make = () => (variant: Variant) => Promise<unknown>;
const asking =
  (make: (tenant: number) => Question<unknown, unknown>): Make =>
  () => {
    const question = make(skewedTenant(random));
    return async (variant) => readers[variant]?.ask(question, signal);
  };
const writing =
  (rows: number): Make =>
  () => {
    const tenant = skewedTenant(random);
    const writes = (variant: Variant) =>
      Array.from({ length: rows }, (_, n) => ({
        id: someId(tenant),
        type: 'user',
        set: [{ attribute: score, value: randomValue('NUMBER', random) }],
        remove: [],
        expectedVersion: null,
        // Both variants write the same number of different rows.
        place: `${variant} ${n}`,
      }));
    return async (variant) => writers[variant]?.upsert(authorOf(tenant), distinct(writes(variant)));
  };

function distinct<Row extends { readonly id: string }>(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

const OPERATIONS: Readonly<Record<string, { readonly repeat: number; readonly make: Make }>> = {
  'point read': {
    repeat: 200,
    make: asking((tenant) => entitiesById({ tenantId: tenant, shard: 's0', ids: [someId(tenant)] })),
  },
  'read 100 by id': {
    repeat: 20,
    make: asking((tenant) =>
      entitiesById({ tenantId: tenant, shard: 's0', ids: Array.from({ length: 100 }, () => someId(tenant)) }),
    ),
  },
  'page of 50, by id': { repeat: 40, make: asking((tenant) => page(tenant, [], 'id')) },
  'page of 50, hot filter, by score': {
    repeat: 40,
    make: asking((tenant) => page(tenant, [is(city, 'gt', 'value 2')], 'score')),
  },
  'page of a tail value': {
    repeat: 40,
    make: asking((tenant) => page(tenant, [is(tailText, 'eq', `value ${random(5_000)}`)], 'id')),
  },
  'page by a tail number': { repeat: 40, make: asking((tenant) => page(tenant, [], 'tail')) },
  'count, two hot': {
    repeat: 10,
    make: asking((tenant) => count(users(tenant, is(name, 'gt', 'value 3'), is(score, 'gt', 70_000)))),
  },
  distribution: {
    repeat: 3,
    make: asking((tenant) =>
      distribution({
        ...users(tenant),
        attribute: score,
        groupBy: [],
        min: 0,
        max: 150_000,
        buckets: 20,
        maxCells: 1_000,
      }),
    ),
  },
  'upsert 1': { repeat: 30, make: writing(1) },
  'upsert 100': { repeat: 3, make: writing(100) },
};

interface Sample {
  readonly ms: number;
  readonly cpuMs: number;
}

const backends = { without: 0, with: 0 };
for (const [variant, database] of Object.entries(variants)) {
  const [row] = await database.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid', values: [] });
  backends[variant as Variant] = row?.pid ?? 0;
}

/** CPU time of this process and of the variant's backend. */
function cpuMs(variant: Variant): number {
  const { user, system } = process.cpuUsage();
  const [nanoseconds] = readFileSync(`/proc/${backends[variant]}/schedstat`, 'utf8').split(' ');
  return (user + system) / 1e3 + Number(nanoseconds) / 1e6;
}

const samples = new Map<string, Record<Variant, Sample[]>>();
for (let round = -WARM_UP; round < ROUNDS; round++) {
  for (const [operation, { repeat, make }] of Object.entries(OPERATIONS)) {
    const cases = Array.from({ length: repeat }, make);
    const order: Variant[] = round % 2 === 0 ? ['without', 'with'] : ['with', 'without'];
    const known = samples.get(operation) ?? { without: [], with: [] };
    samples.set(operation, known);
    for (const variant of order) {
      const [startedAt, cpuBefore] = [performance.now(), cpuMs(variant)];
      for (const run of cases) await run(variant);
      const sample = { ms: (performance.now() - startedAt) / repeat, cpuMs: (cpuMs(variant) - cpuBefore) / repeat };
      if (round >= 0) known[variant].push(sample);
    }
  }
}

const quantile = (values: readonly number[], part: number) =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN;
const shown = (values: readonly number[]) =>
  [0.5, 0.25, 0.75].map((part) => quantile(values, part).toFixed(3)).join(' / ');
const print = (line: string) => process.stdout.write(`${line}\n`);
print(`${ROUNDS} rounds, ${ENTITIES} entities of ${idsOf.size} tenants; ms per call: median / lower / upper quartile`);
for (const [operation, { without, with: barrier }] of samples) {
  print(`\n${operation}`);
  for (const measure of ['ms', 'cpuMs'] as const) {
    const [before, after] = [without, barrier].map((taken) => taken.map((sample) => sample[measure]));
    const ratios = (before ?? []).map((value, round) => (after?.[round] ?? Number.NaN) / value);
    const name = measure === 'ms' ? 'time' : 'CPU';
    print(`  ${name.padEnd(5)} without ${shown(before ?? [])}   with ${shown(after ?? [])}   ratio ${shown(ratios)}`);
  }
}
await Promise.all(Object.values(variants).map((database) => database.close()));
await server.stop();
