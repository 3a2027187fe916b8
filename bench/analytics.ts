/**
 * How long the questions of `analytics` take on both engines, and an answer that is merged from both: ClickHouse for the entities that have not
 * changed, Postgres for the others. `npx tsx bench/analytics.ts [entities] [rounds] [part of a question's name]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openChdb } from '../src/connections/clickhouse/chdb-pool.ts';
import type { ClickHouseDatabase } from '../src/connections/clickhouse/clickhouse-database.ts';
import type { PostgresPool } from '../src/connections/postgres/postgres-pool.ts';
import { ClickHouseEntityReader } from '../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import type { EntityReader } from '../src/datasources/entity-reader.ts';
import { PostgresEntityReader } from '../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { count } from '../src/datasources/questions/count.ts';
import { distribution } from '../src/datasources/questions/distribution.ts';
import { facets } from '../src/datasources/questions/facets.ts';
import { groupCounts } from '../src/datasources/questions/group-counts.ts';
import type { Question } from '../src/datasources/questions/question.ts';
import { statistics } from '../src/datasources/questions/statistics.ts';
import { timeSeries } from '../src/datasources/questions/time-series.ts';
import { periodStarts } from '../src/domain/analytics/periods.ts';
import { TimeZone } from '../src/domain/analytics/time-zone.ts';
import { type EntityFilter, type EntitySelection, MATCH_ALL } from '../src/domain/filter/filter.ts';
import { migrateClickHouse } from '../src/migration/migrate-clickhouse.ts';
import { migrateShard } from '../src/migration/migrate-shard.ts';
import { migrationsDirectory, readMigrations } from '../src/migration/migration-files.ts';
import { ClickHouseOwnership, OwnedClickHouse } from '../src/migration/owned-clickhouse.ts';
import { createLogger } from '../src/observability/logger.ts';
import { attribute } from '../test/support/domain.ts';
import { spread } from './support/rounds.ts';
import { startScratchPostgres } from './support/scratch-postgres.ts';

const ENTITIES = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = Number(process.argv[3] ?? 5);
const NAMED = process.argv[4] ?? '';
const CHANGED = [100, 1_000, 10_000, 100_000].filter((some) => some < ENTITIES);
const CLUSTER = '00000000-0000-0000-0000-000000000001';
const DAY_MS = 86_400_000;
const FIRST = Date.parse('2026-01-01');
const print = (line: string) => process.stdout.write(`${line}\n`);
const { signal } = new AbortController();

const city = attribute({ id: 1, key: 'city', type: 'TEXT', hotColumn: 'text_1' });
const score = attribute({ id: 2, key: 'score', type: 'NUMBER', hotColumn: 'number_1' });
const status = attribute({ id: 3, key: 'status', type: 'TEXT' });
const limits = { maxCells: 100_000, maxGroups: 10_000, maxBins: 100_000, maxPoints: 10_000 };
const everything: EntitySelection = { tenantId: 1, type: null, filter: MATCH_ALL };
const berlin = periodStarts({ first: FIRST, last: FIRST + 100 * DAY_MS }, 'DAY', new TimeZone('Europe/Berlin'), 1_000);
const created = {
  ...({ axis: { kind: 'field', field: 'createdAt' }, from: FIRST, to: FIRST + 100 * DAY_MS } as const),
  starts: berlin,
};
const isOpen: EntityFilter = { kind: 'attribute', attribute: status, predicate: { operator: 'eq', operand: 'open' } };

const QUESTIONS: Readonly<Record<string, (of: EntitySelection) => Question<unknown, unknown>>> = {
  count: (of) => count(of),
  'count by city': (of) => groupCounts({ ...of, ...limits, groupBy: [city], first: 100 }),
  'count by status, which has no column': (of) => groupCounts({ ...of, ...limits, groupBy: [status], first: 100 }),
  'distribution by city': (of) =>
    distribution({ ...of, ...limits, attribute: score, groupBy: [city], min: 0, max: 100, buckets: 20 }),
  'statistics by city': (of) =>
    statistics({ ...of, ...limits, attribute: score, groupBy: [city], binSize: 'exponent' }),
  'statistics by city, with quantiles': (of) =>
    statistics({ ...of, ...limits, attribute: score, groupBy: [city], binSize: 'quantile' }),
  'days in Berlin, counted': (of) =>
    timeSeries({ ...of, ...limits, ...created, attribute: null, aggregate: 'COUNT', groupBy: [] }),
  'days in Berlin, mean score': (of) =>
    timeSeries({ ...of, ...limits, ...created, attribute: score, aggregate: 'AVG', groupBy: [] }),
  'facets: city, status, one chosen': (of) => {
    const filter: EntityFilter = { kind: 'and', filters: [of.filter, isOpen] };
    return facets({ ...of, ...limits, filter, attributes: [city, status], first: 20 });
  },
};

const ASKED = Object.entries(QUESTIONS).filter(([name]) => name.includes(NAMED));

async function fillPostgres(database: PostgresPool): Promise<void> {
  const run = (text: string) => database.query<object>({ text, values: [] });
  await migrateShard(database, readMigrations(migrationsDirectory('postgres')));
  await run(`INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes, text_1, number_1)
    SELECT 1, i, 'user', 1, at, at, jsonb_build_object('1', 'city ' || i % 50, '2', i * 7919 % 10007 / 100.07, '3', s), 'city ' || i % 50, i * 7919 % 10007 / 100.07
    FROM (SELECT i::bigint, to_timestamp(${FIRST / 1000} + i % 8640000) AS at, (ARRAY['open', 'paid', 'gone'])[1 + i % 3] AS s FROM generate_series(1, ${ENTITIES}) i) n`);
  await run(`INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text)
    SELECT tenant_id, entity_id, 3, attributes ->> '3' FROM atlas.entity`);
  await run(`INSERT INTO atlas.shard (shard_id, placement, cluster_id, heartbeat_at, heartbeat_lsn)
    VALUES ('s0', 'hash', gen_random_uuid(), now(), '0/64')`);
  for (const text of ['VACUUM ANALYZE atlas.entity', 'VACUUM ANALYZE atlas.entity_attribute']) await run(text);
}

async function fillClickHouse(database: ClickHouseDatabase): Promise<void> {
  const own = `1 AS tenant_id, number AS entity_id, 's0' AS shard, 1 AS lsn, 1 AS copy_id, 1 AS row_version, 0 AS is_deleted`;
  const at = `${FIRST} + number % 8640000 * 1000`;
  await database.command(`INSERT INTO entity (tenant_id, entity_id, shard, lsn, copy_id, row_version, is_deleted, type, version, created_at, updated_at, attributes,
      attribute_updated_at, text_1, number_1)
    SELECT ${own}, 'user', 1, ${at}, ${at}, '{}', '{}', concat('city ', toString(number % 50)), number * 7919 % 10007 / 100.07 FROM numbers(1, ${ENTITIES})`);
  await database.command(`INSERT INTO entity_attribute (tenant_id, entity_id, shard, lsn, copy_id, row_version, is_deleted, attribute_id, value_text)
    SELECT ${own}, 3, ['open', 'paid', 'gone'][1 + number % 3] FROM numbers(1, ${ENTITIES})`);
  await database.insert('replication_watermark', [
    { shard: 's0', copy_id: '1', lsn: '100', heartbeat_at: Date.now() * 1_000, pending_messages: 0 },
  ]);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const directory = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
const server = await startScratchPostgres();
const engine = await openChdb(directory, { connections: 1, timeoutMs: 120_000, memoryBytes: 4_000_000_000 });
try {
  await migrateClickHouse(engine, CLUSTER, (work) => work());
  const database = new OwnedClickHouse(engine, new ClickHouseOwnership(CLUSTER, createLogger('silent')));
  await Promise.all([fillPostgres(await server.database('analytics', 1)), fillClickHouse(database)]);
  const readers = {
    postgres: new PostgresEntityReader(server.open('analytics', 1, 'atlas_serve')),
    clickhouse: new ClickHouseEntityReader(database, ['s0']),
  };
  const answer = (reader: EntityReader, question: Question<unknown, unknown>) => reader.ask(question, signal);
  print(`${ENTITIES} entities, ${ROUNDS} rounds; ms: median (least–most)`);
  print('question | Postgres | ClickHouse');
  for (const [name, question] of ASKED) {
    const taken = { postgres: [] as number[], clickhouse: [] as number[] };
    for (let round = 0; round <= ROUNDS; round++) {
      for (const engineName of ['postgres', 'clickhouse'] as const) {
        const ms = await timed(() => answer(readers[engineName], question(everything)));
        if (round > 0) taken[engineName].push(ms);
      }
    }
    print(`${name} | ${spread(taken.postgres, 0)} | ${spread(taken.clickhouse, 0)}`);
  }
  print('\nquestion, changed entities | Postgres: those | ClickHouse: the others');
  for (const [name, question] of ASKED) {
    for (const some of CHANGED) {
      const step = Math.floor(ENTITIES / some);
      const ids = Array.from({ length: some }, (_, n) => String(n * step + 1));
      const changed: EntityFilter = { kind: 'ids', ids };
      const taken = { postgres: [] as number[], clickhouse: [] as number[] };
      for (let round = 0; round <= ROUNDS; round++) {
        const those = question({ ...everything, filter: changed });
        const others = question({ ...everything, filter: { kind: 'not', filter: changed } });
        const [postgres, clickhouse] = [
          await timed(() => answer(readers.postgres, those)),
          await timed(() => answer(readers.clickhouse, others)),
        ];
        if (round > 0) taken.postgres.push(postgres);
        if (round > 0) taken.clickhouse.push(clickhouse);
      }
      print(`${name}, ${some} | ${spread(taken.postgres, 0)} | ${spread(taken.clickhouse, 0)}`);
    }
  }
} finally {
  await engine.close();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
