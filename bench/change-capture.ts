/**
 * Measures the speed of change capture: initial copy, catching up, and latency. `npx tsx bench/change-capture.ts [entities]`.
 * One embedded primary, ClickHouse in process, 12 attributes per entity (2 hot, 10 in entity_attribute).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { openChdb } from '../src/connections/clickhouse/chdb-pool.ts';
import { PostgresPool } from '../src/connections/postgres/postgres-pool.ts';
import type { AttributeDefinition } from '../src/domain/catalog/attribute.ts';
import { freePorts } from '../src/embedded/free-ports.ts';
import { initialiseCluster } from '../src/embedded/postgres/initialise-cluster.ts';
import { findPostgresPlace } from '../src/embedded/postgres/postgres-place.ts';
import { ServerProcess } from '../src/embedded/postgres/server-process.ts';
import { connectionUri, primarySettings } from '../src/embedded/postgres/server-settings.ts';
import { systemClock } from '../src/lib/clock.ts';
import { PeriodicTask } from '../src/lifecycle/periodic-task.ts';
import { ShutdownGrace } from '../src/lifecycle/shutdown-grace.ts';
import { migrateClickHouse } from '../src/migration/migrate-clickhouse.ts';
import { migrateShards } from '../src/migration/migrate-shards.ts';
import { ClickHouseOwnership, OwnedClickHouse } from '../src/migration/owned-clickhouse.ts';
import { ShardReplicator } from '../src/replication/shard-replicator.ts';
import { ClickHouseSink } from '../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { SlotSource } from '../src/replication/source/slot/slot-source.ts';

const entities = Number(process.argv[2] ?? 200_000);
const LATENCY_SAMPLES = 100;
const logger = pino({ level: 'silent' });
const print = (line: string) => process.stdout.write(`${line}\n`);

/** 1-4 text, 5-8 number, 9-10 timestamp; 11 and 12 are hot. */
function definition(id: number): AttributeDefinition {
  const type = id <= 4 ? 'TEXT' : id <= 8 ? 'NUMBER' : id <= 10 ? 'TIMESTAMP' : 'NUMBER';
  const hotColumn = id === 11 ? 'number_1' : id === 12 ? 'number_2' : null;
  const now = new Date();
  return {
    ...{ id, tenantId: 0, key: `a${id}`, type, description: null, entityTypes: [], filterable: true, exposed: false },
    ...{ hotColumn, rules: {}, access: {}, retiredAt: null, createdAt: now, updatedAt: now, version: 1, storage: {} },
  };
}

const VALUES = `jsonb_build_object('1', 'status ' || i % 7, '2', 'name of entity ' || i, '3', md5(i::text), '4', 'city ' || i % 900,
  '5', i % 1000, '6', i * 0.25, '7', i % 17, '8', i::float8 / 7, '9', '2024-01-01T00:00:00.000Z', '10', '2023-05-06T07:08:09.123Z',
  '11', i % 100, '12', i)`;

const home = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
const place = await findPostgresPlace(home, print);
const server = await startServer();
const endpoints = { id: 's0', primary: connectionUri(server.port, 'bench'), replicas: [] };
const { clusterId } = await migrateShards(
  { shards: [endpoints], placement: { kind: 'hash' } },
  { connectTimeoutMs: 5_000, logger },
);
const primary = new PostgresPool({
  ...{ shard: 's0', role: 'primary', url: endpoints.primary, size: 4, connectTimeoutMs: 5_000 },
  ...{ statementTimeoutMs: 0, applicationName: 'bench', logger },
});
const engine = await openChdb(join(home, 'clickhouse'), {
  ...{ connections: 2, timeoutMs: 60_000, memoryBytes: 4_000_000_000 },
});
await migrateClickHouse(engine, clusterId, (work) => work());
const clickhouse = new OwnedClickHouse(engine, new ClickHouseOwnership(clusterId, logger));
const definitions = new Map(Array.from({ length: 12 }, (_, index) => [index + 1, definition(index + 1)]));
const attributes = {
  byId: (id: number) => definitions.get(id),
  refresh: async () => {},
  atLeast: async () => {},
  moving: () => [],
};
const source = new SlotSource({ endpoints, primary, leaseMs: 5_000 });
const sink = new ClickHouseSink({
  ...{ clickhouse, shard: endpoints.id, attributes },
  ...{ retentionMs: 3_600_000, clock: systemClock },
});
const beat = () =>
  primary.query({ text: 'UPDATE atlas.shard SET heartbeat_at = clock_timestamp()', values: [] }).then(() => {});
const heartbeats = new PeriodicTask('heartbeats', 100, beat);
try {
  await insert(1, entities);
  await measure('initial copy', entities);
  await insert(entities + 1, entities * 2);
  await measure('catch up, inserts', entities);
  await primary.query({
    text: `UPDATE atlas.entity SET version = version + 1, attributes = attributes || jsonb_build_object('5', 5000 + entity_id % 7, '2', 'renamed')
           WHERE entity_id <= $1`,
    values: [entities],
  });
  await measure('catch up, updates of 2 attributes', entities);
  await heartbeats.start();
  await measureLatency();
} finally {
  await heartbeats.stop();
  await Promise.all([primary.close(), clickhouse.close()]);
  await server.stop();
  for (const directory of [place.directory, home]) rmSync(directory, { recursive: true, force: true });
}

async function startServer() {
  const [port = 0] = await freePorts([null]);
  const dataDirectory = join(place.directory, 'primary');
  await initialiseCluster({ ...place, dataDirectory, password: 'bench', durable: false });
  const postgres = new ServerProcess({
    ...place,
    ...{ name: 'bench primary', dataDirectory, logFile: join(home, 'primary.log') },
    settings: { ...primarySettings({ port, maxSlotWalBytes: 2 ** 34 }), fsync: 'off' },
  });
  await postgres.start(new AbortController().signal);
  return { port, stop: () => postgres.stop() };
}

async function insert(from: number, to: number): Promise<void> {
  await primary.query({
    text: `INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes, number_1, number_2)
           SELECT 1 + i % 50, i, 'user', 1, now(), now(), ${VALUES}, i % 100, i FROM generate_series($1::int, $2::int) i`,
    values: [from, to],
  });
}

function newReplicator(): ShardReplicator {
  return new ShardReplicator({
    grace: new ShutdownGrace(10_000),
    ...{ shard: endpoints.id, source, sink, resnapshot: false, logger, onBatch: () => {} },
    limits: { rows: 20_000, flushMs: 200 },
  });
}

/** Time from the start of the replicator until everything is in ClickHouse. */
async function measure(what: string, rows: number): Promise<void> {
  await beat();
  const [expected] = await primary.query<{ at: number }>({
    text: 'SELECT (extract(epoch FROM heartbeat_at) * 1000)::double precision AS at FROM atlas.shard',
    values: [],
  });
  const replicator = newReplicator();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  let peak = 0;
  await replicator.start();
  while (((await sink.position())?.heartbeatAt ?? 0) < (expected?.at ?? 0)) {
    peak = Math.max(peak, process.memoryUsage().rss);
    await delay(20);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await replicator.stop();
  const rate = Math.round(rows / seconds).toLocaleString('en');
  print(
    `${what}: ${rate} entities/s (${seconds.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of CPU, ${Math.round(peak / 1e6)} MB at most)`,
  );
}

/** Time from the commit of one entity until a query of ClickHouse sees it. */
async function measureLatency(): Promise<void> {
  const replicator = newReplicator();
  await replicator.start();
  await delay(1_000);
  const samples: number[] = [];
  for (let id = 1_000_000_000; samples.length < LATENCY_SAMPLES; id++) {
    await insert(id, id);
    const committedAt = performance.now();
    const isVisible = async () =>
      (await clickhouse.query('SELECT 1 FROM entity WHERE entity_id = {id:UInt64} LIMIT 1', { id })).length > 0;
    while (!(await isVisible())) await delay(2);
    samples.push(performance.now() - committedAt);
    await delay(Math.random() * 100);
  }
  await replicator.stop();
  samples.sort((a, b) => a - b);
  const at = (share: number) => `${Math.round(samples[Math.floor(share * (samples.length - 1))] ?? 0)} ms`;
  print(`commit to visible, one entity at a time: median ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)}`);
  const parts = await clickhouse.query<{ table: string; parts: string }>(
    "SELECT table, count() AS parts FROM system.parts WHERE active AND database = 'atlas' GROUP BY table ORDER BY table",
  );
  print(`active parts: ${parts.map(({ table, parts: count }) => `${table} ${count}`).join(', ')}`);
}
