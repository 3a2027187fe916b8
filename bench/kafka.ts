/** The way of changes through the slot beside that through Debezium and Kafka, in one run: `npx tsx bench/kafka.ts [entities] [partitions]`. Needs Java 17 and Maven. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Change } from '../src/replication/change.ts';
import type { ShardReplicator } from '../src/replication/shard-replicator.ts';
import type { ChangeSource } from '../src/replication/source/change-source.ts';
import { partitionMarkers } from '../src/replication/source/kafka/partition-markers.ts';
import { topicsOf } from '../src/replication/source/kafka/topic-layout.ts';
import { type ReplicatedShard, startReplicatedShard } from '../test/replication/support/replicated-shard.ts';
import { captureThrough, GROUP, type TopicOfShard } from '../test/support/kafka/captured-topic.ts';
import { type KafkaEngines, startKafka } from '../test/support/kafka/kafka-engines.ts';
import { missingForKafka } from '../test/support/kafka/kafka-programs.ts';
import { useRunDirectory } from '../test/support/run-directory.ts';
import { openTestRun } from '../test/support/test-run.ts';
import { quantile } from './suite/spread.ts';

const ENTITIES = Number(process.argv[2] ?? 50_000);
const PARTITIONS = Number(process.argv[3] ?? 1);
const TENANTS = 12;
const SAMPLES = 100;
const TICK_MS = 10;
const print = (line: string) => process.stdout.write(`${line}\n`);

const missing = await missingForKafka();
if (missing !== null) throw new Error(`This machine lacks ${missing}`);
const testRun = await openTestRun();
useRunDirectory(testRun.directory);
const markers = await partitionMarkers(PARTITIONS);
const [kafka, shard] = await Promise.all([startKafka(), startReplicatedShard({}, false, markers)]);
const topic = await captureThrough(kafka, shard, 'atlas.changes.s0', PARTITIONS);
try {
  print(
    `${ENTITIES} entities with 7 attributes (5 of them rows of entity_attribute), 500 a transaction, of ${TENANTS} tenants; ${SAMPLES} single writes; ${PARTITIONS} partitions`,
  );
  const bySlot = await start(shard);
  await reached(shard);
  await bySlot.stop();
  await write(shard, ENTITIES, 0);
  const slot = await catchUp(shard, undefined);
  print(
    `slot:  catch up ${slot.rate} entities/s, CPU of replicate and ClickHouse ${slot.cpuMs} ms per 1,000; ${await visible(shard)}`,
  );
  await slot.replicator.stop();

  await topic.startConnector();
  await settle(topic);
  const before = jvmMs(kafka);
  const writtenAt = performance.now();
  await write(shard, ENTITIES, 1);
  await settle(topic);
  const filling = (performance.now() - writtenAt) / 1_000;
  const connector = ((jvmMs(kafka) - before) / ENTITIES) * 1_000;
  const readRate = await readAlone(topic.source(shard.primary, undefined, 'bench'));
  const through = await catchUp(shard, topic.source(shard.primary));
  print(
    `Kafka: written and in the topic ${Math.round(ENTITIES / filling)} entities/s, read and put together alone ${readRate} entities/s, catch up ${through.rate} entities/s, CPU of replicate and ClickHouse ${through.cpuMs} ms per 1,000, of broker and connector ${connector.toFixed(0)} ms; ${await visible(shard)}`,
  );
  await through.replicator.stop();
} finally {
  await topic.stop();
  await shard.stop();
  await kafka.stop();
  await testRun.close();
}
process.exit();

function start(on: ReplicatedShard, source?: ChangeSource): Promise<ShardReplicator> {
  return on.replicator({ ...(source === undefined ? {} : { source }), limits: { rows: 20_000, flushMs: 200 } });
}

/** As an import writes. */
async function write(on: ReplicatedShard, entities: number, round: number): Promise<void> {
  for (let from = 1; from <= entities; from += 500) {
    await on.sql(
      `INSERT INTO atlas.entity AS e (tenant_id, entity_id, type, version, created_at, updated_at, attributes, number_1, text_1)
       SELECT 1 + i % ${TENANTS}, i, 'thing', 1, clock_timestamp(), clock_timestamp(),
              jsonb_build_object('1', 'text ' || i, '2', i + $3::int, '3', i % 2 = 0, '4', '2024-05-06T07:08:09Z', '5', jsonb_build_array(i, 1), '7', i * 0.5, '8', 'hot ' || i),
              i * 0.5, 'hot ' || i
       FROM generate_series($1::int, $2::int) i
       ON CONFLICT (tenant_id, entity_id) DO UPDATE SET version = e.version + 1, attributes = excluded.attributes`,
      [from, Math.min(entities, from + 499), round],
    );
    if (from % 5_000 === 1) await on.beat();
  }
}

async function reached(on: ReplicatedShard): Promise<void> {
  const at = await on.beat();
  while (((await on.sink.position())?.heartbeatAt ?? 0) < at) await delay(10);
}

async function catchUp(on: ReplicatedShard, source: ChangeSource | undefined) {
  const replicator = await start(on, source);
  while (replicator.state().phase !== 'streaming') await delay(5);
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  await reached(on);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - startedAt) / 1_000;
  return {
    replicator,
    rate: Math.round(ENTITIES / seconds),
    cpuMs: Math.round((user + system) / 1_000 / (ENTITIES / 1_000)),
  };
}

/** What the topics deliver, without a sink. */
async function readAlone(source: ChangeSource): Promise<number> {
  const last = (await shard.sink.position())?.heartbeatAt ?? 0;
  const ended = new AbortController();
  const startedAt = performance.now();
  let rows = 0;
  let seconds = Number.NaN;
  const receive = (change: Change) => {
    if (change.kind === 'upsert') rows++;
    if (rows >= ENTITIES && Number.isNaN(seconds)) {
      seconds = (performance.now() - startedAt) / 1_000;
      ended.abort();
    }
    return undefined;
  };
  const receiver = { receive, settle: async () => {} };
  const options = { signal: ended.signal, onStart: () => {}, onCopyRequested: () => {} };
  await source.stream({ copyId: 1n, lsn: 0n, heartbeatAt: last }, receiver, options).catch(() => {});
  return Math.round(rows / seconds);
}

/** From the return of COMMIT to the first read that finds it, one write at a time, with ten heartbeats a second. */
async function visible(on: ReplicatedShard): Promise<string> {
  const beating = setInterval(() => void on.beat(), 100);
  const times: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    await on.sql('UPDATE atlas.entity SET version = version + 1 WHERE entity_id = $1', [sample + 1]);
    const committedAt = performance.now();
    const [row] = await on.sql<{ version: string }>('SELECT version FROM atlas.entity WHERE entity_id = $1', [
      sample + 1,
    ]);
    for (;;) {
      const found = await on.clickhouse.query<{ version: string }>(
        'SELECT toString(max(version)) AS version FROM entity WHERE tenant_id = {tenant:UInt32} AND entity_id = {id:UInt64}',
        { id: sample + 1, tenant: 1 + ((sample + 1) % TENANTS) },
      );
      if (Number(found[0]?.version) >= Number(row?.version)) break;
      await delay(4);
    }
    times.push(performance.now() - committedAt);
    await delay(50 + Math.random() * 200);
  }
  clearInterval(beating);
  const sorted = times.sort((a, b) => a - b);
  return `commit to visible: median ${quantile(sorted, 0.5).toFixed(0)} ms, p95 ${quantile(sorted, 0.95).toFixed(0)} ms`;
}

/** Until the connector has sent what was written. */
async function settle(of: TopicOfShard): Promise<void> {
  const at = await shard.beat();
  for (;;) {
    const ends = await of.cluster.positions(GROUP, topicsOf(of));
    const last = await Promise.all(
      ends.map(({ end, ...at }) => (end === 0n ? null : of.cluster.writtenAt(GROUP, { ...at, offset: end - 1n }))),
    );
    await delay(200);
    const again = await of.cluster.positions(GROUP, topicsOf(of));
    if (Math.max(...last.map((time) => time ?? 0)) >= at && ends.every(({ end }, index) => again[index]?.end === end))
      return;
  }
}

/** Of broker and Kafka Connect, since they were started. */
function jvmMs({ broker, connect }: KafkaEngines): number {
  return [broker, connect].reduce((sum, { pid }) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return sum + (Number(stat[11]) + Number(stat[12])) * TICK_MS;
  }, 0);
}
