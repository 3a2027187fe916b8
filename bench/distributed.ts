/**
 * What the questions of `analytics` take of ClickHouse in one server's tables, in `Distributed` tables over two shards, and in two databases, each with the
 * copies of one of Atlas' shards, whose answers Atlas merges. All of it is in this process: the second shard adds no processor, and nothing goes over a network.
 * `npx tsx bench/distributed.ts [entities] [rounds]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openChdb } from '../src/connections/clickhouse/chdb-pool.ts';
import type { ClickHouseDatabase } from '../src/connections/clickhouse/clickhouse-database.ts';
import { ClickHouseEntityReader } from '../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { count } from '../src/datasources/questions/count.ts';
import { distribution } from '../src/datasources/questions/distribution.ts';
import { entityPage } from '../src/datasources/questions/entity-page.ts';
import { facets } from '../src/datasources/questions/facets.ts';
import { groupCounts } from '../src/datasources/questions/group-counts.ts';
import type { Question } from '../src/datasources/questions/question.ts';
import { statistics } from '../src/datasources/questions/statistics.ts';
import { AtlasError } from '../src/domain/errors.ts';
import { type EntityFilter, MATCH_ALL } from '../src/domain/filter/filter.ts';
import { migrateClickHouse } from '../src/migration/migrate-clickhouse.ts';
import { ClickHouseOwnership, OwnedClickHouse } from '../src/migration/owned-clickhouse.ts';
import { createLogger } from '../src/observability/logger.ts';
import { markCopy } from '../src/watermarks/copy-markers.ts';
import { attribute } from '../test/support/domain.ts';
import { distribute, startTwoShards } from '../test/support/two-shards.ts';
import { spread } from './support/rounds.ts';

const ENTITIES = Number(process.argv[2] ?? 200_000);
const ROUNDS = Number(process.argv[3] ?? 9);
const CLUSTER = '00000000-0000-0000-0000-000000000001';
const { signal } = new AbortController();
const print = (line: string) => process.stdout.write(`${line}\n`);

const city = attribute({ id: 1, key: 'city', type: 'TEXT', hotColumn: 'text_1' });
const score = attribute({ id: 2, key: 'score', type: 'NUMBER', hotColumn: 'number_1' });
const status = attribute({ id: 3, key: 'status', type: 'TEXT' });
const limits = { maxCells: 100_000, maxGroups: 10_000, maxBins: 100_000 };
const everything = { tenantId: 1, type: null, filter: MATCH_ALL };
const isOpen: EntityFilter = { kind: 'attribute', attribute: status, predicate: { operator: 'eq', operand: 'open' } };
const page = { from: null, direction: 'FORWARD', limit: 51 } as const;

const QUESTIONS: Readonly<Record<string, Question<unknown, unknown>>> = {
  count: count(everything),
  'count of a status, which has no column': count({ ...everything, filter: isOpen }),
  'count by city': groupCounts({ ...everything, ...limits, groupBy: [city], first: 100 }),
  'count by status': groupCounts({ ...everything, ...limits, groupBy: [status], first: 100 }),
  'distribution by city': distribution({
    ...{ ...everything, ...limits, attribute: score, groupBy: [city] },
    ...{ min: 0, max: 100, buckets: 20 },
  }),
  'statistics by city, with quantiles': statistics({
    ...{ ...everything, ...limits, attribute: score, groupBy: [city], binSize: 'quantile', hasSquares: true },
  }),
  'facets: city, status, one chosen': facets({
    ...{ ...everything, ...limits, filter: isOpen, attributes: [city, status], first: 20 },
  }),
  'page of a status, by score': entityPage({
    ...{ ...everything, filter: isOpen, ...page },
    order: [{ kind: 'attribute', attribute: score, direction: 'DESC' }],
  }),
};

/** @param shards those whose entities it has; an entity's shard is whether its number is odd. */
async function fill(database: ClickHouseDatabase, shards: readonly (0 | 1)[]): Promise<void> {
  for (const shard of shards) {
    const own = `1 AS tenant_id, number AS entity_id, 's${shard}' AS shard, 1 AS lsn, ${shard + 1} AS copy_id, 1 AS row_version, 0 AS is_deleted`;
    const from = `FROM numbers(1, ${ENTITIES}) WHERE number % 2 = ${shard}`;
    await markCopy(database, `s${shard}`, BigInt(shard + 1));
    await database.command(`INSERT INTO entity (tenant_id, entity_id, shard, lsn, copy_id, row_version, is_deleted, type, version, created_at, updated_at, attributes,
        attribute_updated_at, text_1, number_1)
      SELECT ${own}, 'user', 1, number, number, '{}', '{}', concat('city ', toString(number % 50)), number * 7919 % 10007 / 100.07 ${from}`);
    await database.command(`INSERT INTO entity_attribute (tenant_id, entity_id, shard, lsn, copy_id, row_version, is_deleted, attribute_id, value_text)
      SELECT ${own}, 3, ['open', 'paid', 'gone'][1 + number % 3] ${from}`);
    await database.insert('replication_watermark', [
      { shard: `s${shard}`, copy_id: String(shard + 1), lsn: '100', heartbeat_at: 1, pending_messages: 0 },
    ]);
  }
}

const directory = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
const server = startTwoShards(directory);
const opened: ClickHouseDatabase[] = [];

async function open(name: string, memoryBytes = 2_000_000_000): Promise<ClickHouseDatabase> {
  const engine = await openChdb(directory, { connections: 1, timeoutMs: 300_000, memoryBytes });
  opened.push(engine);
  await engine.command(`CREATE DATABASE IF NOT EXISTS ${name}`);
  await engine.command(`USE ${name}`);
  return engine;
}

async function database(name: string): Promise<ClickHouseDatabase> {
  const engine = await open(name);
  await migrateClickHouse(engine, CLUSTER, (work) => work());
  return engine;
}

/** Within a quarter, the least memory that a statement may have on the single server to answer. In MB. */
async function leastMemory(name: string, question: Question<unknown, unknown>): Promise<number> {
  for (let megabytes = 20; ; megabytes = Math.ceil(megabytes * 1.25)) {
    const engine = await open(name, megabytes * 1e6);
    try {
      await new ClickHouseEntityReader(owned(engine), ['s0', 's1']).ask(question, signal);
      return megabytes;
    } catch (error) {
      if (!(error instanceof AtlasError && error.code === 'LIMIT_EXCEEDED')) throw error;
    }
  }
}
const owned = (engine: ClickHouseDatabase) =>
  new OwnedClickHouse(engine, new ClickHouseOwnership(CLUSTER, createLogger('silent')));

try {
  const [single, distributed] = [await database('single'), await database('distributed')];
  const halves = [await database('first'), await database('second')];
  await distribute(distributed);
  await fill(single, [0, 1]);
  await fill(distributed, [0, 1]);
  for (const [index, half] of halves.entries()) await fill(half, [index === 0 ? 0 : 1]);
  const both = ['s0', 's1'];
  const variants = {
    single: [new ClickHouseEntityReader(owned(single), both)],
    distributed: [new ClickHouseEntityReader(owned(distributed), both)],
    merged: halves.map((half, index) => new ClickHouseEntityReader(owned(half), [`s${index}`])),
  };
  type Variant = keyof typeof variants;
  const names = Object.keys(variants) as Variant[];
  const answer = async (variant: Variant, question: Question<unknown, unknown>) => {
    const parts = await Promise.all(variants[variant].map((reader) => reader.ask(question, signal)));
    return question.merge(parts.map(({ data }) => data));
  };
  print(`${ENTITIES} entities, ${ROUNDS} rounds; median (least–most)`);
  print(`question | ms: ${names.join(' | ')} | ms of CPU: ${names.join(' | ')} | MB: single`);
  for (const [name, question] of Object.entries(QUESTIONS)) {
    const ms = new Map(names.map((variant) => [variant, [] as number[]]));
    const cpu = new Map(names.map((variant) => [variant, [] as number[]]));
    const answers = new Set<string>();
    for (let round = 0; round <= ROUNDS; round++) {
      for (const variant of names) {
        const [started, used] = [performance.now(), process.cpuUsage()];
        const given = await answer(variant, question);
        const { user, system } = process.cpuUsage(used);
        answers.add(JSON.stringify(given, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
        if (round === 0) continue;
        ms.get(variant)?.push(performance.now() - started);
        cpu.get(variant)?.push((user + system) / 1_000);
      }
    }
    if (answers.size !== 1) throw new Error(`The answers to "${name}" differ`);
    const shown = (taken: typeof ms) => names.map((variant) => spread(taken.get(variant) ?? [], 0)).join(' | ');
    print(`${name} | ${shown(ms)} | ${shown(cpu)} | ${await leastMemory('single', question)}`);
  }
} finally {
  for (const engine of opened) await engine.close();
  server.close();
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
