import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KafkaCluster } from '../../../../src/connections/kafka/kafka-cluster.ts';
import { TopicMonitor } from '../../../../src/datasources/monitoring/topic-monitor.ts';
import { runKafkaConfig } from '../../../../src/entrypoints/commands/kafka-config-command.ts';
import { systemClock } from '../../../../src/lib/clock.ts';
import { KafkaSource } from '../../../../src/replication/source/kafka/kafka-source.ts';
import { partitionMarkers } from '../../../../src/replication/source/kafka/partition-markers.ts';
import type { TopicDefinition } from '../../../../src/replication/source/kafka/topic-definition.ts';
import { orderTopic, topicsOf } from '../../../../src/replication/source/kafka/topic-layout.ts';
import { blocksUnder, commandsIn } from '../../../support/documented-commands.ts';
import { GROUP } from '../../../support/kafka/captured-topic.ts';
import { type KafkaEngines, startKafka } from '../../../support/kafka/kafka-engines.ts';
import { missingForKafka } from '../../../support/kafka/kafka-programs.ts';
import { createDefined, definedTopic } from '../../../support/kafka/topic-administration.ts';
import { endpointsOf } from '../../../support/postgres-cluster.ts';
import { caughtUp, expectEqualStores, put, putMany } from '../../support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from '../../support/replicated-shard.ts';
import { WatermarkTruth } from '../../support/watermark-truth.ts';

/** `npm run kafka`. */
const isAsked = process.env.ATLAS_TEST_KAFKA === 'long' && (await missingForKafka()) === null;
const LAYOUT = { topic: 'atlas.changes.s0', partitions: 6 };
const DAY_MS = 86_400_000;
const LONG_WAIT = { timeout: 120_000, interval: 100 };

interface Printed {
  readonly topics: readonly TopicDefinition[];
  readonly connectors: readonly { readonly name: string; readonly config: Readonly<Record<string, string>> }[];
}

describe.skipIf(!isAsked)('three brokers with six partitions of changes, and topics of 6, 6 and 12 for others', () => {
  let kafka: KafkaEngines;
  let shard: ReplicatedShard;
  let cluster: KafkaCluster;
  let printed: Printed;
  beforeAll(async () => {
    const markers = await partitionMarkers(LAYOUT.partitions);
    [kafka, shard] = await Promise.all([startKafka(3), startReplicatedShard({}, false, markers)]);
    cluster = opened('test');
    const secrets = join(kafka.folder, 'secrets.properties');
    const { primary } = endpointsOf('atlas_replicate', shard.endpoints);
    writeFileSync(secrets, `s0=${new URL(primary).password || 'none'}\n`);
    vi.stubEnv('ATLAS_SHARDS', JSON.stringify({ shards: [{ id: 's0', primary }] }));
    vi.stubEnv('ATLAS_TEST_KAFKA', undefined);
    const [command = ''] = commandsIn(blocksUnder('docs/operating.md', '#### Several partitions and brokers', 'sh')[0]);
    const [, partitions, tables = ''] =
      /^ATLAS_KAFKA_PARTITIONS=(\d+) atlas kafka config --table (.*) > /.exec(command) ?? [];
    vi.stubEnv('ATLAS_KAFKA_PARTITIONS', partitions);
    vi.stubEnv('ATLAS_KAFKA_CONNECTOR_PASSWORD', `\${file:${secrets}:{shard}}`);
    printed = printedFor(tables.split(' '));
    vi.unstubAllEnvs();
    for (const topic of printed.topics) await createDefined(kafka.bootstrap, topic);
    const [first, ...others] = printed.connectors;
    kafka.configure({ name: first?.name ?? '', ...first?.config });
    await kafka.connect.start();
    for (const connector of others) {
      const answer = await fetch(`${kafka.connectUrl}/connectors`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(connector) },
      });
      expect(answer.status).toBe(201);
    }
  }, 300_000);
  afterAll(async () => {
    await Promise.all(clusters.map((one) => one.close()));
    await shard?.stop();
    await kafka?.stop();
  }, 60_000);

  const clusters: KafkaCluster[] = [];
  function opened(clientId: string): KafkaCluster {
    const one = new KafkaCluster({ brokers: kafka.bootstrap.split(','), clientId, tls: null, sasl: null });
    clusters.push(one);
    return one;
  }
  function source(): KafkaSource {
    const endpoints = endpointsOf('atlas_replicate', shard.endpoints);
    return new KafkaSource(
      { endpoints, primary: shard.primary, leaseMs: 5_000 },
      { cluster: opened('atlas'), ...LAYOUT, group: GROUP, sessionTimeoutMs: 6_000 },
    );
  }

  it('are what the brokers have once the printed topics are created', async () => {
    const mission = printed.topics.filter(({ name }) => /\.(entity|shard|audit)$/.test(name));
    expect(
      mission.map(({ partitions, replication_factor, config }) => ({ partitions, replication_factor, ...config })),
    ).toMatchObject([
      { partitions: 6, replication_factor: 3, 'retention.ms': String(7 * DAY_MS) },
      { partitions: 6, replication_factor: 3, 'retention.ms': String(7 * DAY_MS) },
      { partitions: 12, replication_factor: 3, 'retention.ms': String(3 * DAY_MS) },
    ]);
    for (const topic of printed.topics) {
      expect(await definedTopic(kafka.bootstrap, topic.name, Object.keys(topic.config))).toEqual(topic);
    }
  });

  it('have the rows of each tenant in one partition of a table', { timeout: 120_000 }, async () => {
    const tenants = [1, 2, 3, 4, 5, 6, 7, 8];
    for (const tenant of tenants) for (const id of [1, 2, 3]) await put(shard, id, { '1': 'x' }, tenant);
    const name = `${LAYOUT.topic}.entity`;
    const membership = await vi.waitFor(async () => {
      const joined = await cluster.join('test.readers', orderTopic(LAYOUT), 6_000);
      expect(joined).not.toBeNull();
      return joined;
    }, LONG_WAIT);
    const from = [...Array(6).keys()].map((partition) => ({ topic: name, partition, offset: 0n }));
    const partitions = new Map<number, Set<number>>();
    let rows = 0;
    for await (const batch of membership?.messages(from, AbortSignal.timeout(90_000)) ?? []) {
      for (const { partition, value } of batch) {
        const tenant = (JSON.parse(String(value)) as { after: { tenant_id: number } }).after.tenant_id;
        partitions.set(tenant, (partitions.get(tenant) ?? new Set()).add(partition));
        rows++;
      }
      if (rows >= 24) break;
    }
    await membership?.close();
    expect([...partitions.keys()].toSorted()).toEqual(tenants);
    expect([...partitions.values()].map(({ size }) => size)).toEqual(tenants.map(() => 1));
    expect(new Set([...partitions.values()].flatMap((one) => [...one])).size).toBeGreaterThan(2);
  });

  it('lose nothing when brokers are killed, and health says what is behind or unknown', {
    timeout: 400_000,
  }, async () => {
    const monitor = new TopicMonitor({
      ...{ cluster, topics: [{ shard: 's0', topics: topicsOf(LAYOUT), group: GROUP }] },
      ...{ thresholdMessages: 50_000, clock: systemClock, logger: pino({ level: 'silent' }) },
    });
    const healths = () => monitor.topicPartitions('s0').map(({ health }) => health);
    const running = await shard.replicator({ source: source() });
    await vi.waitFor(() => expect(running.state()).toMatchObject({ phase: 'streaming', lastError: null }), LONG_WAIT);
    await monitor.start();
    const truth = new WatermarkTruth(shard);
    try {
      const fresh = () =>
        vi.waitFor(async () => {
          expect((await shard.sink.position())?.heartbeatAt ?? 0).toBeGreaterThan(Date.now() - 2_000);
          expect(healths()).toEqual(Array(7).fill('HEALTHY'));
        }, LONG_WAIT);
      await fresh();
      for (const [index, broker] of kafka.brokers.entries()) {
        const before = truth.written;
        await putMany(shard, 1_000, 6_000, index);
        await broker.kill();
        await putMany(shard, 1_000, 6_000, index + 10);
        await vi.waitFor(() => expect(truth.written).toBeGreaterThan(before + 20), LONG_WAIT);
        // The two that are left go on.
        await fresh();
        await broker.start();
        await fresh();
      }
      const [one, two] = kafka.brokers;
      await Promise.all([one?.kill(), two?.kill()]);
      await putMany(shard, 1_000, 6_000, 20);
      await vi.waitFor(() => expect(healths()).toContain('DOWN'), LONG_WAIT);
      await Promise.all([one?.start(), two?.start()]);
      await fresh();
    } finally {
      await truth.stop();
      await monitor.stop();
    }
    expect(truth.broken).toEqual([]);
    expect(truth.looks).toBeGreaterThan(100);
    await caughtUp(shard);
    await expectEqualStores(shard);
    await running.stop();
  });
});

function printedFor(table: readonly string[]): Printed {
  const texts: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => texts.push(String(text)) > 0);
  try {
    runKafkaConfig({ table });
  } finally {
    write.mockRestore();
  }
  return JSON.parse(texts.join('')) as Printed;
}
