/** Entities per second, and CPU, of comparing ClickHouse with Postgres: `npx tsx bench/verification.ts [entities] [rounds]`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
import { ShardPass } from '../src/verification/verify-shard.ts';

const entities = Number(process.argv[2] ?? 200_000);
const ROUNDS = Number(process.argv[3] ?? 3);
const logger = pino({ level: 'silent' });
const print = (line: string) => process.stdout.write(`${line}\n`);

/** 1-4 text, 5-8 number, 9-10 timestamp; 11 and 12 are hot. */
function definition(id: number): AttributeDefinition {
  const type = id <= 4 ? 'TEXT' : id <= 8 ? 'NUMBER' : id <= 10 ? 'TIMESTAMP' : 'NUMBER';
  const hotColumn = id === 11 ? 'number_1' : id === 12 ? 'number_2' : null;
  const now = new Date();
  return {
    ...{ id, tenantId: 0, key: `a${id}`, type, description: null, entityTypes: [], filterable: true, exposed: false },
    ...{
      hotColumn,
      rules: {},
      access: {},
      keySalt: null,
      retiredAt: null,
      createdAt: now,
      updatedAt: now,
      version: 1,
      storage: {},
    },
  };
}

const VALUES = `jsonb_build_object('1', 'status ' || i % 7, '2', 'name of entity ' || i, '3', md5(i::text), '4', 'city ' || i % 900,
  '5', i % 1000, '6', i * 0.25, '7', i % 17, '8', i::float8 / 7, '9', '2024-01-01T00:00:00.000Z', '10', '2023-05-06T07:08:09.123Z',
  '11', i % 100, '12', i)`;
const ROWS = `SELECT tenant_id, entity_id, key::int,
    CASE WHEN key::int <= 4 THEN value #>> '{}' END, CASE WHEN key::int BETWEEN 5 AND 8 THEN (value #>> '{}')::float8 END,
    NULL, CASE WHEN key::int BETWEEN 9 AND 10 THEN (value #>> '{}')::timestamptz END
  FROM atlas.entity, jsonb_each(attributes) WHERE key::int <= 10`;

const home = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
const place = await findPostgresPlace(home, print);
const [port = 0] = await freePorts([null]);
const dataDirectory = join(place.directory, 'primary');
await initialiseCluster({ ...place, dataDirectory, password: 'bench', durable: false });
const server = new ServerProcess({
  ...place,
  ...{ name: 'bench primary', dataDirectory, logFile: join(home, 'primary.log') },
  settings: { ...primarySettings({ port, maxSlotWalBytes: 2 ** 34 }), fsync: 'off' },
});
await server.start(new AbortController().signal);
const endpoints = { id: 's0', primary: connectionUri(port, 'bench'), replicas: [] };
const { clusterId } = await migrateShards(
  { shards: [endpoints], placement: { kind: 'hash' } },
  { connectTimeoutMs: 5_000, logger },
);
const pool = (applicationName: string) =>
  new PostgresPool({
    ...{ shard: 's0', role: 'primary', url: endpoints.primary, size: 4, connectTimeoutMs: 5_000 },
    ...{ statementTimeoutMs: 0, applicationName, logger },
  });
const primary = pool('bench');
const compared = pool('compared');
const engine = await openChdb(join(home, 'clickhouse'), {
  ...{ connections: 3, timeoutMs: 60_000, memoryBytes: 4_000_000_000 },
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
const run = (text: string) => primary.query({ text, values: [] });
const heartbeats = new PeriodicTask('heartbeats', 100, async () => {
  await run('UPDATE atlas.shard SET heartbeat_at = clock_timestamp()');
});
const sink = new ClickHouseSink({
  ...{ clickhouse, shard: endpoints.id, attributes },
  ...{ retentionMs: 3_600_000, clock: systemClock },
});
const replicator = new ShardReplicator({
  grace: new ShutdownGrace(10_000),
  ...{ shard: endpoints.id, source: new SlotSource({ endpoints, primary, leaseMs: 5_000 }), sink },
  ...{ resnapshot: false, logger, onBatch: () => {}, limits: { rows: 20_000, flushMs: 200 } },
});
try {
  await run(`INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes, number_1, number_2)
    SELECT 1 + i % 50, i, 'user', 1, now(), now(), ${VALUES}, i % 100, i FROM generate_series(1, ${entities}) i`);
  await run(`INSERT INTO atlas.entity_attribute
    (tenant_id, entity_id, attribute_id, value_text, value_number, value_boolean, value_timestamp) ${ROWS}`);
  await run('VACUUM ANALYZE');
  await heartbeats.start();
  await replicator.start();
  while ((await sink.position()) === null) await delay(50);
  for (let round = 0; round < ROUNDS; round++) {
    for (const rows of [20_000, 5_000, 2_000]) await measure(rows);
  }
} finally {
  await heartbeats.stop();
  await replicator.stop();
  await Promise.all([primary.close(), compared.close(), clickhouse.close()]);
  await server.stop();
  for (const directory of [place.directory, home]) rmSync(directory, { recursive: true, force: true });
}

/** One pass over everything, without pauses. ClickHouse runs in this process. */
async function measure(rows: number): Promise<void> {
  const pass = new ShardPass(
    { server: compared, primary, clickhouse },
    {
      ...{ limits: { rows, bytes: 2 ** 25 }, waitMs: 30_000, form: 'digest', attributes, repair: false },
      ...{ tenantId: null, clock: systemClock, onDifference: () => print('a difference!') },
    },
  );
  const { signal } = new AbortController();
  const [cpu, postgres, startedAt] = [process.cpuUsage(), await postgresSeconds(), performance.now()];
  let current = await pass.begin(null, signal);
  let chunks = 0;
  while (!pass.isComplete(current)) {
    current = await pass.advance(current, signal);
    chunks++;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const own = (user + system) / 1e6;
  const rate = Math.round(current.totals.entities / seconds).toLocaleString('en');
  const perMillion = (cpuSeconds: number) => ((cpuSeconds / current.totals.entities) * 1e6).toFixed(0);
  const theirs = (await postgresSeconds()) - postgres;
  print(
    `chunks of ${rows}: ${rate} entities/s (${seconds.toFixed(1)} s, ${chunks} chunks); CPU for a million entities: ${perMillion(own)} s Node and ClickHouse, ${perMillion(theirs)} s Postgres`,
  );
}

/** CPU that the connections which are compared have used so far. */
async function postgresSeconds(): Promise<number> {
  const backends = await primary.query<{ pid: number }>({
    text: "SELECT pid FROM pg_stat_activity WHERE application_name = 'compared'",
    values: [],
  });
  const ticks = backends.map(({ pid }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, own) => sum + own, 0) / 100;
}
