/**
 * How long filters on texts take on both engines, for a giant tenant and a small one beside it:
 * `npx tsx bench/text-filters.ts [texts] [rounds] [postgres | clickhouse]`. "without" is the same statement while the index on trigrams is missing (Postgres), or the
 * scan that ClickHouse makes beside the same scan with a skip index.
 */
import type { openChdb } from '../src/connections/clickhouse/chdb-pool.ts';
import type { EntityReader } from '../src/datasources/entity-reader.ts';
import { PostgresEntityReader } from '../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { count } from '../src/datasources/questions/count.ts';
import { entityPage } from '../src/datasources/questions/entity-page.ts';
import type { Question } from '../src/datasources/questions/question.ts';
import type { EntityFilter } from '../src/domain/filter/filter.ts';
import type { OperatorOfKind } from '../src/domain/filter/operators.ts';
import { migrateShard } from '../src/migration/migrate-shard.ts';
import { migrationsDirectory, readMigrations } from '../src/migration/migration-files.ts';
import { attribute } from '../test/support/domain.ts';
import { COPY_COLUMNS, COPY_VALUES, withLoadedClickHouse } from './support/loaded-clickhouse.ts';
import { startScratchPostgres } from './support/scratch-postgres.ts';

const TEXTS = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = Number(process.argv[3] ?? 7);
const GIANT = 1;
const SMALL = 14; // in the same partition
const CLUSTER = '00000000-0000-0000-0000-000000000001';
const print = (line: string) => process.stdout.write(`${line}\n`);
const { signal } = new AbortController();
const title = attribute({ id: 4, key: 'title', type: 'TEXT' });

const whose = (operator: OperatorOfKind<'text'>, operand: string): EntityFilter => ({
  kind: 'attribute',
  attribute: title,
  predicate: { operator, operand },
});
const counted = (tenantId: number, filter: EntityFilter) => count({ tenantId, type: null, filter });
const page = (tenantId: number, filter: EntityFilter) =>
  entityPage({ tenantId, type: null, filter, order: [], from: null, direction: 'FORWARD', limit: 50 });

const QUESTIONS: [string, Question<unknown, unknown>][] = [
  ['giant: page, contains a rare part', page(GIANT, whose('contains', 'c4ca4238'))],
  ['giant: count, contains a rare part', counted(GIANT, whose('contains', 'c4ca4238'))],
  ['giant: count, eqIgnoreCase', counted(GIANT, whose('eqIgnoreCase', 'rEPORT c4ca4238a0b923820dcc509a6f75849b nO.1'))],
  ['giant: count, startsWithIgnoreCase', counted(GIANT, whose('startsWithIgnoreCase', 'report c4ca42'))],
  ['giant: page, contains what 1 in 100 have', page(GIANT, whose('contains', '77 No.'))],
  ['giant: count, contains what 1 in 100 have', counted(GIANT, whose('contains', '77 No.'))],
  ['giant: page, contains what all have', page(GIANT, whose('contains', 'Report'))],
  ['giant: count, contains what all have', counted(GIANT, whose('contains', 'Report'))],
  ['small: count, contains a rare part', counted(SMALL, whose('contains', 'c4ca4238'))],
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

async function measurePostgres(): Promise<void> {
  const server = await startScratchPostgres();
  try {
    const database = await server.database('texts', 1);
    const run = (text: string) => database.query<object>({ text, values: [] });
    await migrateShard(database, readMigrations(migrationsDirectory('postgres')));
    await run(`INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
      SELECT tenant, i, 'doc', 1, now(), now(), jsonb_build_object('4', 'Report ' || md5(i::text) || ' No.' || i)
      FROM generate_series(1, ${TEXTS}) i, (VALUES (${GIANT}), (${SMALL})) t (tenant) WHERE tenant = ${GIANT} OR i <= 1000`);
    await run(`INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text)
      SELECT tenant_id, entity_id, 4, attributes ->> '4' FROM atlas.entity`);
    await run(`INSERT INTO atlas.shard (shard_id, placement, cluster_id, heartbeat_at, heartbeat_lsn)
      VALUES ('s0', 'hash', gen_random_uuid(), now(), '0/64')`);
    for (const text of ['VACUUM ANALYZE atlas.entity', 'VACUUM ANALYZE atlas.entity_attribute']) await run(text);
    const reader = new PostgresEntityReader(server.open('texts', 1, 'atlas_serve'));
    const indexed = new Map<string, number>();
    for (const [name, question] of QUESTIONS) indexed.set(name, await median(reader, question));
    // With what the index has put off until later.
    const write = async (from: number): Promise<number> => {
      const started = performance.now();
      await run(`INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text)
        SELECT ${GIANT}, i, 5, 'Report ' || md5(i::text) || ' No.' || i FROM generate_series(${from}, ${from + TEXTS / 10}) i`);
      await run(
        `SELECT gin_clean_pending_list(indexrelid) FROM pg_stat_user_indexes WHERE indexrelname LIKE '%_by_trigrams' AND relname LIKE '%_p_'`,
      );
      return performance.now() - started;
    };
    const [writing, bytes] = [
      await write(1),
      `SELECT pg_size_pretty(sum(pg_relation_size(indexrelid))) AS size,
      regexp_replace(indexrelname, '_p[0-9]', '') AS index FROM pg_stat_user_indexes WHERE relname LIKE 'entity_attribute%' GROUP BY 2 ORDER BY 2`,
    ];
    for (const row of await run(bytes)) print(JSON.stringify(row));
    await run('DROP INDEX atlas.entity_attribute_by_trigrams');
    const plain = await write(2 * TEXTS);
    print(
      `write ${TEXTS / 10} rows of texts: ${writing.toFixed(0)} ms, without ${plain.toFixed(0)} ms, ratio ${(writing / plain).toFixed(2)}`,
    );
    print('Postgres | ms | without | ratio');
    for (const [name, question] of QUESTIONS) {
      const [ms, without] = [indexed.get(name) ?? Number.NaN, await median(reader, question)];
      print(`${name} | ${ms.toFixed(1)} | ${without.toFixed(1)} | ${(ms / without).toFixed(2)}`);
    }
  } finally {
    await server.stop();
  }
}

async function measureClickHouse(): Promise<void> {
  await withLoadedClickHouse(
    CLUSTER,
    async (database) => {
      const source = `FROM numbers(1, ${TEXTS}) AS n CROSS JOIN (SELECT arrayJoin([${GIANT}, ${SMALL}]) AS tenant) AS t WHERE tenant = ${GIANT} OR number <= 1000`;
      const text = `'Report ' || lower(hex(MD5(toString(number)))) || ' No.' || toString(number)`;
      await database.command(`INSERT INTO entity (tenant_id, entity_id, type, version, attributes, attribute_updated_at, ${COPY_COLUMNS})
      SELECT tenant, number, 'doc', 1, '{"4": "' || ${text} || '"}', '{}', ${COPY_VALUES} ${source}`);
      await database.command(`INSERT INTO entity_attribute (tenant_id, entity_id, attribute_id, value_text, ${COPY_COLUMNS})
      SELECT tenant, number, 4, ${text}, ${COPY_VALUES} ${source}`);
    },
    async (reader, database) => {
      print('\nClickHouse | ms');
      for (const [name, question] of QUESTIONS) print(`${name} | ${(await median(reader, question)).toFixed(1)}`);
      await measureSkipIndex(database);
    },
  );
}

/** The scan of one attribute alone, and the same with a skip index over n-grams of three. */
async function measureSkipIndex(database: Awaited<ReturnType<typeof openChdb>>): Promise<void> {
  await database.command(
    `ALTER TABLE entity_attribute ADD INDEX parts assumeNotNull(value_text) TYPE ngrambf_v1(3, 32768, 3, 0) GRANULARITY 1`,
  );
  await database.command('ALTER TABLE entity_attribute MATERIALIZE INDEX parts SETTINGS mutations_sync = 2');
  const scan = async (part: string, used: number) => {
    const taken: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const started = performance.now();
      await database.query(
        `SELECT count() FROM entity_attribute FINAL WHERE tenant_id = 1 AND attribute_id = 4 AND assumeNotNull(value_text) LIKE '%${part}%'
         SETTINGS use_skip_indexes = ${used}, use_skip_indexes_if_final = ${used}`,
        {},
        signal,
      );
      taken.push(performance.now() - started);
    }
    return taken.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
  };
  print('\nClickHouse, one scan | with a skip index, ms | without');
  for (const part of ['c4ca4238', '77 No.', 'Report']) {
    print(`${part} | ${(await scan(part, 1)).toFixed(1)} | ${(await scan(part, 0)).toFixed(1)}`);
  }
}

if (process.argv[4] !== 'clickhouse') await measurePostgres();
if (process.argv[4] !== 'postgres') await measureClickHouse();
