/**
 * What it takes to read some attributes of entities that have many, beside reading them whole, in turns: `npx tsx bench/wide-entities.ts [rounds]`. CPU is that
 * of the client, the time that of a read of one shard.
 */
import { PostgresEntityReader } from '../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { entitiesById } from '../src/datasources/questions/entities-by-id.ts';
import { EntityProjection } from '../src/domain/entity-projection.ts';
import { migrateShard } from '../src/migration/migrate-shard.ts';
import { migrationsDirectory, readMigrations } from '../src/migration/migration-files.ts';
import { attribute } from '../test/support/domain.ts';
import { startScratchPostgres } from './support/scratch-postgres.ts';

const ROUNDS = Number(process.argv[2] ?? 30);
const ENTITIES = 200;
/** By tenant. */
const WIDTHS = [12, 100, 300, 2_000];
const COUNTS = [1, 100];
const SELECTED = [0, 3, 12, 30];
const print = (line: string) => process.stdout.write(`${line}\n`);
const { signal } = new AbortController();

interface Taken {
  readonly cpuMs: number;
  readonly ms: number;
}

async function taken(repeats: number, work: () => Promise<unknown>): Promise<Taken> {
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  for (let n = 0; n < repeats; n++) await work();
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1_000 / repeats, ms: (performance.now() - started) / repeats };
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** The first attributes of an entity; undefined: all. */
function projection(selected: number | undefined): EntityProjection | undefined {
  if (selected === undefined) return undefined;
  const attributes = Array.from({ length: selected }, (_, n) => attribute({ id: n + 1, key: `a${n}`, type: 'TEXT' }));
  return new EntityProjection(attributes);
}

const server = await startScratchPostgres();
try {
  const database = await server.database('wide', 1);
  const run = (text: string) => database.query<object>({ text, values: [] });
  await migrateShard(database, readMigrations(migrationsDirectory('postgres')));
  for (const [index, width] of WIDTHS.entries()) {
    await run(`INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
      SELECT ${index + 1}, i, 'user', 1, now(), now(),
        (SELECT jsonb_object_agg(k::text, 'value ' || i % 97 || ' of ' || k) FROM generate_series(1, ${width}) k)
      FROM generate_series(1, ${ENTITIES}) i`);
  }
  await run(`INSERT INTO atlas.shard (shard_id, placement, cluster_id, heartbeat_at, heartbeat_lsn)
    VALUES ('s0', 'hash', gen_random_uuid(), now(), '0/64')`);
  await run('VACUUM ANALYZE atlas.entity');
  const reader = new PostgresEntityReader(server.open('wide', 1, 'atlas_serve'));
  print('attributes | entities | selected | CPU, ms | whole | ratio | time, ms | whole | ratio');
  for (const [index, width] of WIDTHS.entries()) {
    for (const count of COUNTS) {
      const ids = Array.from({ length: count }, (_, n) => String(n + 1));
      const sides = [undefined, ...SELECTED.filter((selected) => selected <= width)];
      const rounds = sides.map((): Taken[] => []);
      for (let round = -3; round < ROUNDS; round++) {
        for (const [side, selected] of sides.entries()) {
          const question = entitiesById({ tenantId: index + 1, shard: 's0', ids, projection: projection(selected) });
          const one = await taken(count === 1 ? 20 : 4, () => reader.ask(question, signal));
          if (round >= 0) rounds[side]?.push(one);
        }
      }
      const [whole, ...parts] = rounds.map((all) => ({
        cpuMs: median(all.map(({ cpuMs }) => cpuMs)),
        ms: median(all.map(({ ms }) => ms)),
      }));
      if (whole === undefined) continue;
      for (const [part, { cpuMs, ms }] of parts.entries()) {
        const figures = [
          ...[cpuMs.toFixed(2), whole.cpuMs.toFixed(2), (cpuMs / whole.cpuMs).toFixed(2)],
          ...[ms.toFixed(2), whole.ms.toFixed(2), (ms / whole.ms).toFixed(2)],
        ];
        print([width, count, SELECTED[part], ...figures].join(' | '));
      }
    }
  }
} finally {
  await server.stop();
}
