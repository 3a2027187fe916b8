/**
 * How long a search takes on both engines among a million titles, and on Postgres what other indexes would find and cost:
 * `npx tsx bench/search.ts [titles] [rounds] [postgres | clickhouse]`.
 */
import type { PostgresPool } from '../src/connections/postgres/postgres-pool.ts';
import type { EntityReader } from '../src/datasources/entity-reader.ts';
import { PostgresEntityReader } from '../src/datasources/postgres/reading/postgres-entity-reader.ts';
import type { Question } from '../src/datasources/questions/question.ts';
import { search } from '../src/datasources/questions/search.ts';
import type { AttributeDefinition } from '../src/domain/catalog/attribute.ts';
import { MATCH_ALL } from '../src/domain/filter/filter.ts';
import { searchWords } from '../src/domain/search/search-words.ts';
import { migrateShard } from '../src/migration/migrate-shard.ts';
import { migrationsDirectory, readMigrations } from '../src/migration/migration-files.ts';
import { attribute } from '../test/support/domain.ts';
import { COPY_COLUMNS, COPY_VALUES, withLoadedClickHouse } from './support/loaded-clickhouse.ts';
import { startScratchPostgres } from './support/scratch-postgres.ts';

const TITLES = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = Number(process.argv[3] ?? 5);
const GIANT = 1;
const SMALL = 14; // in the same partition
const CLUSTER = '00000000-0000-0000-0000-000000000001';
const print = (line: string) => process.stdout.write(`${line}\n`);
const { signal } = new AbortController();
const title = attribute({ id: 4, key: 'title', type: 'TEXT' });
const status = attribute({ id: 5, key: 'status', type: 'TEXT', hotColumn: 'text_1' });

const found = (tenantId: number, text: string, ...attributes: AttributeDefinition[]) =>
  search({ tenantId, type: null, filter: MATCH_ALL, attributes, words: searchWords(text, 10), from: null, limit: 20 });

/** Every title is `Report <a word of 1,000> in <a word of 100> <a word of 10> No.<i>`, every status one of 10. */
const TITLE = `'Report w' || md5((i % 1000)::text) || ' in h' || i % 100 || 'th t' || i % 10 || 'en No.' || i`;
const CLICKHOUSE_TITLE = `'Report w' || lower(hex(MD5(toString(number % 1000)))) || ' in h' || toString(number % 100) || 'th t' || toString(number % 10) || 'en No.' || toString(number)`;

const QUESTIONS: [string, Question<unknown, unknown>][] = [
  ['one has the word', found(GIANT, '471100', title)],
  ['1 in 1,000', found(GIANT, 'wc4ca4238a0b923820dcc509a6f75849b', title)],
  ['1 in 100', found(GIANT, 'H77th', title)],
  ['1 in 10', found(GIANT, 't7en', title)],
  ['all', found(GIANT, 'report', title)],
  ['all, and one of them another word', found(GIANT, 'report 471100', title)],
  ['1 in 100 and 1 in 10', found(GIANT, 'h77th t7en', title)],
  ['words that begin so: 11', found(GIANT, '47110*', title)],
  ['two letters, which all have', found(GIANT, 'in 471100', title)],
  ['one, also in a hot attribute', found(GIANT, '471100', title, status)],
  ['small tenant: one', found(SMALL, '711', title)],
];

async function median(reader: EntityReader, question: Question<unknown, unknown>): Promise<number> {
  const taken: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    await reader.ask(question, signal);
    taken.push(performance.now() - started);
  }
  return taken.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function measurePostgres(): Promise<void> {
  const server = await startScratchPostgres();
  try {
    const database = await server.database('titles', 1);
    const run = (text: string) => database.query<object>({ text, values: [] });
    await migrateShard(database, readMigrations(migrationsDirectory('postgres')));
    await run(`INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes, text_1)
      SELECT tenant, i, 'doc', 1, now(), now(), jsonb_build_object('4', ${TITLE}, '5', 'state ' || i % 10), 'state ' || i % 10
      FROM generate_series(1, ${TITLES}) i, (VALUES (${GIANT}), (${SMALL})) t (tenant) WHERE tenant = ${GIANT} OR i <= 1000`);
    await run(`INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text)
      SELECT tenant_id, entity_id, 4, attributes ->> '4' FROM atlas.entity`);
    await run(`INSERT INTO atlas.shard (shard_id, placement, cluster_id, heartbeat_at, heartbeat_lsn)
      VALUES ('s0', 'hash', gen_random_uuid(), now(), '0/64')`);
    for (const text of ['VACUUM ANALYZE atlas.entity', 'VACUUM ANALYZE atlas.entity_attribute']) await run(text);
    const reader = new PostgresEntityReader(server.open('titles', 1, 'atlas_serve'));
    print('Postgres | ms');
    for (const [name, question] of QUESTIONS) print(`${name} | ${(await median(reader, question)).toFixed(1)}`);
    await measureTextSearch(database);
    await measureHotTrigrams(database);
  } finally {
    await server.stop();
  }
}

/** An index on tsvectors beside the one on trigrams: what it finds, as the owner, and what it costs to write. */
async function measureTextSearch(database: PostgresPool): Promise<void> {
  const run = (text: string) => database.query<object>({ text, values: [] });
  const write = (from: number) =>
    timed(async () => {
      await run(`INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text)
        SELECT ${GIANT}, i, 6, ${TITLE} FROM generate_series(${from}, ${from + TITLES / 10}) i`);
      await run(`SELECT gin_clean_pending_list(indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = indexrelid
        JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'gin' AND c.relkind = 'i' AND c.relname ~ '^entity_attribute_p'`);
    });
  const before = await write(1);
  await run(`CREATE INDEX entity_attribute_words ON atlas.entity_attribute USING gin (tenant_id, attribute_id, to_tsvector('simple', value_text))
    WHERE value_text IS NOT NULL`);
  print(
    `\nwrite ${TITLES / 10} titles, ms: ${before.toFixed(0)}; with tsvectors too: ${(await write(2 * TITLES)).toFixed(0)}`,
  );
  await run('VACUUM ANALYZE atlas.entity_attribute');
  print('candidates | tsvector, ms | trigrams, ms');
  for (const word of ['471100', 'wc4ca4238a0b923820dcc509a6f75849b', 'h77th', 't7en', 'report']) {
    const counted = async (condition: string) => {
      const taken: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        taken.push(
          await timed(() =>
            run(`SELECT count(*) FROM (SELECT entity_id FROM atlas.entity_attribute WHERE tenant_id = ${GIANT} AND attribute_id = 4
              AND value_text IS NOT NULL AND ${condition} LIMIT 10001) c`),
          ),
        );
      }
      return (taken.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN).toFixed(1);
    };
    print(
      `${word} | ${await counted(`to_tsvector('simple', value_text) @@ to_tsquery('simple', '${word}')`)} | ${await counted(`value_text ~* '(^|[^a-z0-9])${word}([^a-z0-9]|$)'`)}`,
    );
  }
  for (const row of await run(`SELECT pg_size_pretty(sum(pg_relation_size(indexrelid))) AS size,
      regexp_replace(indexrelname, '_p[0-9]', '') AS index FROM pg_stat_user_indexes WHERE relname LIKE 'entity_attribute%' GROUP BY 2 ORDER BY 2`))
    print(JSON.stringify(row));
}

/** What an index on the trigrams of a hot text would cost every update of anything else. */
async function measureHotTrigrams(database: PostgresPool): Promise<void> {
  const run = (text: string) => database.query<object>({ text, values: [] });
  const update = (from: number) =>
    timed(async () => {
      await run(`UPDATE atlas.entity SET version = version + 1, updated_at = now() WHERE tenant_id = ${GIANT}
        AND entity_id BETWEEN ${from} AND ${from + TITLES / 20}`);
      await run(`SELECT gin_clean_pending_list(indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = indexrelid
        WHERE c.relname ~ 'hot_trigrams'`);
    });
  await update(1);
  const without = await update(1);
  for (let part = 0; part < 8; part++) {
    await run(
      `CREATE INDEX hot_trigrams_${part} ON atlas.entity_p${part} USING gin (tenant_id, text_1 gin_trgm_ops) WHERE text_1 IS NOT NULL`,
    );
  }
  const short = await update(1);
  await run(
    `UPDATE atlas.entity SET text_1 = attributes ->> '4' WHERE tenant_id = ${GIANT} AND entity_id <= ${TITLES / 20 + 1}`,
  );
  const long = await update(1);
  print(
    `\nupdate ${TITLES / 20} entities, ms: ${without.toFixed(0)}; with trigrams of a hot text of 7 characters: ${short.toFixed(0)}; of 66 characters: ${long.toFixed(0)}`,
  );
}

async function measureClickHouse(): Promise<void> {
  await withLoadedClickHouse(
    CLUSTER,
    async (database) => {
      const source = `FROM numbers(1, ${TITLES}) AS n CROSS JOIN (SELECT arrayJoin([${GIANT}, ${SMALL}]) AS tenant) AS t WHERE tenant = ${GIANT} OR number <= 1000`;
      await database.command(`INSERT INTO entity (tenant_id, entity_id, type, version, attributes, attribute_updated_at, text_1, ${COPY_COLUMNS})
      SELECT tenant, number, 'doc', 1, '{"4": "' || ${CLICKHOUSE_TITLE} || '", "5": "state"}', '{}', 'state ' || toString(number % 10), ${COPY_VALUES} ${source}`);
      await database.command(`INSERT INTO entity_attribute (tenant_id, entity_id, attribute_id, value_text, ${COPY_COLUMNS})
      SELECT tenant, number, 4, ${CLICKHOUSE_TITLE}, ${COPY_VALUES} ${source}`);
    },
    async (reader) => {
      print('\nClickHouse | ms');
      for (const [name, question] of QUESTIONS) print(`${name} | ${(await median(reader, question)).toFixed(1)}`);
    },
  );
}

if (process.argv[4] !== 'clickhouse') await measurePostgres();
if (process.argv[4] !== 'postgres') await measureClickHouse();
