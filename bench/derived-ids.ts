/**
 * What ids that follow from keys cost: `npx tsx bench/derived-ids.ts [thousands]`. The same entities are created with ids that grow with time,
 * in turns with derived ones, which go everywhere into the indexes; then both are looked up, and by a filter on the key.
 */
import { type UpsertRow, upsertStatement } from '../src/datasources/postgres/writing/upsert-statement.ts';
import type { UniqueAttribute } from '../src/domain/catalog/unique-attribute.ts';
import { EntityIdGenerator } from '../src/domain/entity-id-generator.ts';
import { derivedId } from '../src/domain/external-key.ts';
import { migrateShard } from '../src/migration/migrate-shard.ts';
import { migrationsDirectory, readMigrations } from '../src/migration/migration-files.ts';
import { FIXED_DEFINITIONS } from '../test/support/fixed-definitions.ts';
import { randomEntity, seededRandom, TAIL } from './support/bench-entities.ts';
import { startScratchPostgres } from './support/scratch-postgres.ts';

const ENTITIES = Number(process.argv[2] ?? 300) * 1_000;
const BATCH = 500;
const GROWING = 1;
const DERIVED = 2;
const print = (line: string) => process.stdout.write(`${line}\n`);
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const [text] = TAIL;
if (text === undefined) throw new Error('There is no attribute');
const sku: UniqueAttribute = { ...text, id: 9_999, key: 'sku', keySalt: '6f1f9ab4-45c8-4c0e-8a41-6bd2f32ab3a3' };
const ids = new EntityIdGenerator(() => Date.now());
const idOf = (n: number) => derivedId(DERIVED, 'user', sku, `sku ${n}`);

const server = await startScratchPostgres();
const primary = await server.database('derived_ids', 1);
const measured = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};
const position = async () => {
  const rows = await primary.query<{ at: string }>({
    text: "SELECT pg_current_wal_insert_lsn() - '0/0' AS at",
    values: [],
  });
  return Number(rows[0]?.at);
};

try {
  await migrateShard(primary, readMigrations(migrationsDirectory('postgres')));
  const found = { [GROWING]: { ms: [] as number[], wal: 0 }, [DERIVED]: { ms: [] as number[], wal: 0 } };
  const random = seededRandom(1);
  for (let first = 0; first < ENTITIES; first += BATCH) {
    for (const tenant of (first / BATCH) % 2 === 0 ? ([GROWING, DERIVED] as const) : ([DERIVED, GROWING] as const)) {
      const rows = Array.from({ length: BATCH }, (_, index): UpsertRow => {
        const n = first + index;
        const write = randomEntity(n, random);
        const id = tenant === GROWING ? ids.next() : idOf(n);
        return { id, write: { ...write, id, set: [...write.set, { attribute: sku, value: `sku ${n}` }] } };
      });
      const before = await position();
      const statement = upsertStatement({ tenantId: tenant, subject: null }, rows, 2 ** 20, FIXED_DEFINITIONS.revision);
      found[tenant].ms.push(await measured(() => primary.query(statement)));
      found[tenant].wal += (await position()) - before;
    }
  }
  for (const [name, tenant] of [
    ['ids that grow', GROWING],
    ['derived ids', DERIVED],
  ] as const) {
    const { ms, wal } = found[tenant];
    const seconds = ms.reduce((sum, one) => sum + one, 0) / 1_000;
    const last = ms.slice(-Math.ceil(ms.length / 10));
    print(
      `${name}: ${ENTITIES} entities in ${seconds.toFixed(1)} s, the last tenth ${median(last).toFixed(1)} ms for each ${BATCH}, WAL ${(wal / ENTITIES).toFixed(0)} bytes an entity`,
    );
  }
  await primary.query({ text: 'VACUUM ANALYZE', values: [] });
  const byId = { name: 'by_id', text: 'SELECT attributes FROM atlas.entity WHERE tenant_id = $1 AND entity_id = $2' };
  const byFilter = {
    name: 'by_filter',
    text: `SELECT e.attributes FROM atlas.entity_attribute a JOIN atlas.entity e USING (tenant_id, entity_id)
      WHERE a.tenant_id = $1 AND a.attribute_id = ${sku.id} AND a.value_text = $2 AND a.value_text IS NOT NULL`,
  };
  const times = { id: [] as number[], filter: [] as number[], hash: [] as number[] };
  for (let round = 0; round < 2_000; round++) {
    const n = random(ENTITIES);
    times.hash.push(await measured(async () => idOf(n)));
    const id = idOf(n);
    times.id.push(await measured(() => primary.query({ ...byId, values: [DERIVED, id] })));
    times.filter.push(await measured(() => primary.query({ ...byFilter, values: [DERIVED, `sku ${n}`] })));
  }
  print(
    `one lookup, median of 2,000: by the derived id ${median(times.id).toFixed(3)} ms, by an index on the value ${median(times.filter).toFixed(3)} ms; deriving the id ${(median(times.hash) * 1_000).toFixed(0)} µs`,
  );
} finally {
  await server.stop();
}
