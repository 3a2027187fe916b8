/**
 * How long filters on the elements of lists take on both engines, for a giant tenant and a small one beside it, and what writing lists costs:
 * `npx tsx bench/lists.ts [lists] [rounds] [postgres | clickhouse]`. "arrays" is a GIN index over arrays, as the owner of the table, whom row-level security does not
 * concern.
 */
import type { EntityReader } from '../src/datasources/entity-reader.ts';
import { PostgresEntityReader } from '../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { count } from '../src/datasources/questions/count.ts';
import { entityPage } from '../src/datasources/questions/entity-page.ts';
import { groupCounts } from '../src/datasources/questions/group-counts.ts';
import type { Question } from '../src/datasources/questions/question.ts';
import { type EntityFilter, MATCH_ALL } from '../src/domain/filter/filter.ts';
import { migrateShard } from '../src/migration/migrate-shard.ts';
import { migrationsDirectory, readMigrations } from '../src/migration/migration-files.ts';
import { attribute } from '../test/support/domain.ts';
import { COPY_COLUMNS, COPY_VALUES, withLoadedClickHouse } from './support/loaded-clickhouse.ts';
import { spread } from './support/rounds.ts';
import { startScratchPostgres } from './support/scratch-postgres.ts';

const LISTS = Number(process.argv[2] ?? 500_000);
const ROUNDS = Number(process.argv[3] ?? 7);
const ENGINE = process.argv[4];
const GIANT = 1;
const SMALL = 14; // in the same partition
const CLUSTER = '00000000-0000-0000-0000-000000000001';
const print = (line: string) => process.stdout.write(`${line}\n`);
const { signal } = new AbortController();
const tags = attribute({ id: 4, key: 'tags', type: 'TEXT_LIST' });

/** Five elements: each t a third of the lists have, each u 0.1 %, each v 10 of all lists. */
const ELEMENTS = (i: string) =>
  `'t' || ${i} % 3, 'u' || ${i} * 31 % 1000, 'v' || ${i} % ${LISTS / 10}, 'w' || ${i} % 50, 'x' || ${i} % 7`;

const has = (...operands: string[]): EntityFilter => ({ kind: 'elements', attribute: tags, operands });
const both = (...operands: string[]): EntityFilter => ({ kind: 'and', filters: operands.map((one) => has(one)) });
const counted = (tenantId: number, filter: EntityFilter) => count({ tenantId, type: null, filter });
const page = (tenantId: number, filter: EntityFilter) =>
  entityPage({ tenantId, type: null, filter, order: [], from: null, direction: 'FORWARD', limit: 50 });

/** With the same question to arrays, as a condition. */
const QUESTIONS: [name: string, question: Question<unknown, unknown>, arrays: string | null][] = [
  ['giant: page, contains what a third have', page(GIANT, has('t1')), "list @> '{t1}'"],
  ['giant: page, contains what 0.1 % have', page(GIANT, has('u7')), "list @> '{u7}'"],
  ['giant: page, contains what 10 have', page(GIANT, has('v7')), "list @> '{v7}'"],
  ['giant: page, contains any of two thirds', page(GIANT, has('t1', 't2')), "list && '{t1,t2}'"],
  ['giant: page, contains any of two rare ones', page(GIANT, has('v7', 'v8')), "list && '{v7,v8}'"],
  ['giant: page, contains a common and a rare one', page(GIANT, both('t1', 'u7')), "list @> '{t1,u7}'"],
  ['giant: page, contains two common ones', page(GIANT, both('t1', 'w4')), "list @> '{t1,w4}'"],
  ['giant: count, contains what a third have', counted(GIANT, has('t1')), null],
  ['giant: count, contains what 0.1 % have', counted(GIANT, has('u7')), null],
  [
    'giant: top values of all elements',
    groupCounts({ tenantId: GIANT, type: null, filter: MATCH_ALL, groupBy: [tags], first: 10, maxGroups: 10_000 }),
    null,
  ],
  ['small: page, contains what a third have', page(SMALL, has('t1')), null],
];

async function medianOf(work: () => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    await work();
    taken.push(performance.now() - started);
  }
  return taken.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

const asked = (reader: EntityReader, question: Question<unknown, unknown>) =>
  medianOf(() => reader.ask(question, signal));

async function measurePostgres(): Promise<void> {
  const server = await startScratchPostgres();
  try {
    const database = await server.database('lists', 1);
    const run = <Row extends object>(text: string) => database.query<Row>({ text, values: [] });
    await migrateShard(database, readMigrations(migrationsDirectory('postgres')));
    await run(`INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
      SELECT tenant, i, 'doc', 1, now(), now(), jsonb_build_object('4', jsonb_build_array(${ELEMENTS('i')}))
      FROM generate_series(1, ${LISTS}) i, (VALUES (${GIANT}), (${SMALL})) t (tenant) WHERE tenant = ${GIANT} OR i <= 1000`);
    await run(`INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_number, value_list)
      SELECT tenant_id, entity_id, 4, 5, attributes ->> '4' FROM atlas.entity`);
    await run(`INSERT INTO atlas.shard (shard_id, placement, cluster_id, heartbeat_at, heartbeat_lsn)
      VALUES ('s0', 'hash', gen_random_uuid(), now(), '0/64')`);
    await run(
      'CREATE TABLE arrays (tenant_id integer, entity_id bigint, attribute_id integer, list text[], PRIMARY KEY (tenant_id, entity_id, attribute_id))',
    );
    await run(
      `INSERT INTO arrays SELECT tenant_id, entity_id, 4, ARRAY(SELECT jsonb_array_elements_text(attributes -> '4')) FROM atlas.entity`,
    );
    await run('CREATE INDEX arrays_by_element ON arrays USING gin (tenant_id, attribute_id, list)');
    for (const table of ['atlas.entity', 'atlas.entity_attribute', 'atlas.entity_element', 'arrays'])
      await run(`VACUUM ANALYZE ${table}`);
    const reader = new PostgresEntityReader(server.open('lists', 1, 'atlas_serve'));
    print('Postgres | ms | arrays');
    for (const [name, question, condition] of QUESTIONS) {
      const own = await asked(reader, question);
      const arrays = `SELECT e.* FROM atlas.entity e JOIN arrays a USING (tenant_id, entity_id)
        WHERE e.tenant_id = ${GIANT} AND a.attribute_id = 4 AND ${condition} ORDER BY e.entity_id LIMIT 50`;
      print(
        `${name} | ${own.toFixed(1)} | ${condition === null ? '' : (await medianOf(() => run(arrays))).toFixed(1)}`,
      );
    }
    await measureWrites(run);
    for (const row of await run(`SELECT relname, pg_size_pretty(pg_table_size(oid)) AS rows, pg_size_pretty(pg_indexes_size(oid)) AS indexes
      FROM pg_class WHERE relname IN ('arrays', 'entity_element_p${await partition(run)}')`))
      print(JSON.stringify(row));
  } finally {
    await server.stop();
  }
}

type Run = <Row extends object>(text: string) => Promise<Row[]>;

async function partition(run: Run): Promise<number> {
  const [row] = await run<{ n: number }>(
    `SELECT n FROM generate_series(0, 7) n WHERE satisfies_hash_partition('atlas.entity'::regclass, 8, n, ${GIANT})`,
  );
  return row?.n ?? 0;
}

/** Of lists that are new, that change in one element, and of numbers beside them, with the triggers and without. */
async function measureWrites(run: Run): Promise<void> {
  const most = LISTS / 20;
  const timed = async (text: string) => {
    const started = performance.now();
    await run(text);
    return `${(performance.now() - started).toFixed(0)} ms`;
  };
  const lists = (id: number, from: number) =>
    `INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_number, value_list)
     SELECT ${GIANT}, i, ${id}, 5, jsonb_build_array(${ELEMENTS('i')})::text FROM generate_series(${from}, ${from + most}) i`;
  const numbers = (id: number) =>
    `INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_number)
     SELECT ${GIANT}, i, ${id}, i FROM generate_series(1, ${most}) i`;
  print(`write ${most} lists: ${await timed(lists(5, 1))}`);
  print(`the same as arrays: ${await timed(`INSERT INTO arrays SELECT ${GIANT}, i, 5, ARRAY[${ELEMENTS('i')}] FROM generate_series(1, ${most}) i`)}
    and ${await timed("SELECT gin_clean_pending_list('arrays_by_element')")}`);
  const change = `value_list = replace(value_list, '"x1"', '"y"')`;
  print(
    `change an element of a seventh: ${await timed(`UPDATE atlas.entity_attribute SET ${change} WHERE attribute_id = 5 AND tenant_id = ${GIANT}`)}`,
  );
  const taken = { ENABLE: [] as number[], DISABLE: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const does of ['DISABLE', 'ENABLE'] as const) {
      await run(`ALTER TABLE atlas.entity_attribute ${does} TRIGGER USER`);
      const started = performance.now();
      await run(numbers(6));
      taken[does].push(performance.now() - started);
      await run('DELETE FROM atlas.entity_attribute WHERE attribute_id = 6');
    }
  }
  print(`write ${most} numbers: ${spread(taken.ENABLE, 0)} ms, without the triggers ${spread(taken.DISABLE, 0)} ms`);
}

async function measureClickHouse(): Promise<void> {
  await withLoadedClickHouse(
    CLUSTER,
    async (database) => {
      const source = `FROM (SELECT number AS i FROM numbers(1, ${LISTS})) AS n CROSS JOIN (SELECT arrayJoin([${GIANT}, ${SMALL}]) AS tenant) AS t WHERE tenant = ${GIANT} OR i <= 1000`;
      const list = `toJSONString([${ELEMENTS('toString(i)').replace(/toString\(i\) (\* 31 )?% (\d+)/g, 'toString(i $1% $2)')}])`;
      await database.command(`INSERT INTO entity (tenant_id, entity_id, type, version, attributes, attribute_updated_at, json_texts, ${COPY_COLUMNS})
      SELECT tenant, i, 'doc', 1, '{"4": ' || ${list} || '}', '{}', map(4, ${list}), ${COPY_VALUES} ${source}`);
      await database.command(`INSERT INTO entity_attribute (tenant_id, entity_id, attribute_id, value_number, value_text, ${COPY_COLUMNS})
      SELECT tenant, i, 4, 5, ${list}, ${COPY_VALUES} ${source}`);
    },
    async (reader) => {
      print('\nClickHouse | ms');
      for (const [name, question] of QUESTIONS) print(`${name} | ${(await asked(reader, question)).toFixed(1)}`);
    },
  );
}

if (ENGINE !== 'clickhouse') await measurePostgres();
if (ENGINE !== 'postgres') await measureClickHouse();
