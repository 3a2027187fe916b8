/**
 * How long the questions of `analytics` take on both engines, and merged from both: Postgres for the entities that have changed lately, ClickHouse
 * for the others. `npx tsx bench/analytics.ts [entities] [rounds] [part of a question's name]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openChdb } from '../src/connections/clickhouse/chdb-pool.ts';
import type { ClickHouseDatabase } from '../src/connections/clickhouse/clickhouse-database.ts';
import type { PostgresPool } from '../src/connections/postgres/postgres-pool.ts';
import { ClickHouseEntityReader } from '../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { UnchangedEntityReader } from '../src/datasources/clickhouse/unchanged-entity-reader.ts';
import type { EntityReader } from '../src/datasources/entity-reader.ts';
import { MergedEntityReader } from '../src/datasources/merging/merged-entity-reader.ts';
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
import { markCopy } from '../src/watermarks/copy-markers.ts';
import { horizonSlot } from '../src/watermarks/horizon.ts';
import { attribute } from '../test/support/domain.ts';
import { CpuTime } from './support/cpu-time.ts';
import { spread } from './support/rounds.ts';
import { startScratchPostgres } from './support/scratch-postgres.ts';

const ENTITIES = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = Number(process.argv[3] ?? 5);
const NAMED = process.argv[4] ?? '';
const CHANGED = [1_000, 10_000].filter((some) => some < ENTITIES);
const CLUSTER = '00000000-0000-0000-0000-000000000001';
const DAY_MS = 86_400_000;
const FIRST = Date.parse('2026-01-01');
const print = (line: string) => process.stdout.write(`${line}\n`);
const HEARTBEAT_US = Date.now() * 1_000;
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
    statistics({ ...of, ...limits, attribute: score, groupBy: [city], binSize: 'exponent', hasSquares: true }),
  'statistics by city, with quantiles': (of) =>
    statistics({ ...of, ...limits, attribute: score, groupBy: [city], binSize: 'quantile', hasSquares: true }),
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
  await markCopy(database, 's0', 1n);
  await database.command(`INSERT INTO entity (tenant_id, entity_id, shard, lsn, copy_id, row_version, is_deleted, type, version, created_at, updated_at, attributes,
      attribute_updated_at, text_1, number_1)
    SELECT ${own}, 'user', 1, ${at}, ${at}, '{}', '{}', concat('city ', toString(number % 50)), number * 7919 % 10007 / 100.07 FROM numbers(1, ${ENTITIES})`);
  await database.command(`INSERT INTO entity_attribute (tenant_id, entity_id, shard, lsn, copy_id, row_version, is_deleted, attribute_id, value_text)
    SELECT ${own}, 3, ['open', 'paid', 'gone'][1 + number % 3] FROM numbers(1, ${ENTITIES})`);
  await database.insert('replication_watermark', [
    { shard: 's0', copy_id: '1', lsn: '100', heartbeat_at: HEARTBEAT_US, pending_messages: 0 },
  ]);
}

/** Makes it known that so many entities have changed since ClickHouse's watermark. */
async function change(database: PostgresPool, some: number): Promise<void> {
  const run = (text: string, values: unknown[] = []) => database.query<object>({ text, values });
  const oldest = 'pg_snapshot_xmax(pg_current_snapshot())';
  await run(
    `INSERT INTO atlas.horizon (slot, heartbeat, lsn, oldest) VALUES (${horizonSlot('$1::bigint')}, $1, '0/64', ${oldest})
     ON CONFLICT (slot) DO UPDATE SET oldest = excluded.oldest`,
    [HEARTBEAT_US],
  );
  await run(
    `INSERT INTO atlas.audit (tenant_id, at, operation, entity_id, old_version, new_version)
     SELECT 1, clock_timestamp(), 'UPDATE_ENTITY', 1 + i * ($1::bigint / $2), 1, 2 FROM generate_series(0, $2::bigint - 1) i`,
    [ENTITIES, some],
  );
  await run('ANALYZE atlas.audit');
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
  const postgres = await server.database('analytics', 1);
  await Promise.all([fillPostgres(postgres), fillClickHouse(database)]);
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
  const cpu = await CpuTime.with(postgres);
  print(
    '\nquestion, entities that have changed; ms of CPU | Postgres alone | merged | cost of Postgres alone by its planner',
  );
  const merged = new MergedEntityReader({
    ...{ server: readers.postgres, unchanged: new UnchangedEntityReader(database, 's0') },
    ...{ leastCost: 0, mostChanged: ENTITIES },
  });
  for (const some of CHANGED) {
    await change(postgres, some);
    for (const [name, question] of ASKED) {
      const taken = { alone: [] as number[], merged: [] as number[] };
      let isMerged = false;
      for (let round = 0; round <= ROUNDS; round++) {
        const alone = await cpu.of(() => answer(readers.postgres, question(everything)));
        const both = await cpu.of(async () => {
          const { others } = await merged.ask(question(everything), signal);
          isMerged = others !== undefined;
        });
        if (round > 0) taken.alone.push(alone);
        if (round > 0) taken.merged.push(both);
      }
      const cost = await readers.postgres.cost(question(everything), signal);
      print(
        `${name}, ${some} | ${spread(taken.alone, 0)} | ${isMerged ? spread(taken.merged, 0) : 'not merged'} | ${Math.round(cost)}`,
      );
    }
  }
} finally {
  await engine.close();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
