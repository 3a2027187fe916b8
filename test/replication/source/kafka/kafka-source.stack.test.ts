import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadSettings } from '../../../../src/config/config.ts';
import { TopicMonitor } from '../../../../src/datasources/monitoring/topic-monitor.ts';
import { openKafka } from '../../../../src/entrypoints/wiring/open-kafka.ts';
import { systemClock } from '../../../../src/lib/clock.ts';
import { Lifecycle } from '../../../../src/lifecycle/lifecycle.ts';
import { connectorConfig, readersConfig } from '../../../../src/replication/source/kafka/connector-config.ts';
import { topicsOf } from '../../../../src/replication/source/kafka/topic-layout.ts';
import { captureThrough, GROUP, type TopicOfShard } from '../../../support/kafka/captured-topic.ts';
import { type KafkaEngines, startKafka } from '../../../support/kafka/kafka-engines.ts';
import { missingForKafka } from '../../../support/kafka/kafka-programs.ts';
import { produce } from '../../../support/kafka/topic-administration.ts';
import { endpointsOf } from '../../../support/postgres-cluster.ts';
import { caughtUp, expectEqualStores, put, putMany, WAIT } from '../../support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from '../../support/replicated-shard.ts';

const missing = await missingForKafka();
if (missing !== null) {
  process.stderr.write(`Changes through Debezium and Kafka are not tested: this machine lacks ${missing}.\n`);
}

describe.skipIf(missing !== null)('changes through Debezium and Kafka', () => {
  let kafka: KafkaEngines;
  let shard: ReplicatedShard;
  let topic: TopicOfShard;
  beforeAll(async () => {
    [kafka, shard] = await Promise.all([startKafka(), startReplicatedShard()]);
    topic = await captureThrough(kafka, shard, 'atlas.changes.s0');
    await topic.startConnector();
  }, 240_000);
  afterAll(async () => {
    await topic?.stop();
    await shard?.stop();
    await kafka?.stop();
  });

  it('copies, streams, deletes and removes attributes', async () => {
    await put(shard, 1, { '1': 'before', '2': 1 });
    const replicator = await shard.replicator({ source: topic.source(shard.primary) });
    await vi.waitFor(() => expect(replicator.state()).toMatchObject({ phase: 'streaming', lastError: null }), WAIT);
    await put(shard, 1, { '1': 'after' });
    await put(shard, 2, { '1': 'x'.repeat(20_000), '2': 2, '3': true, '4': '2024-05-06T07:08:09Z', '5': { a: [1] } });
    await shard.sql('UPDATE atlas.entity SET version = version + 1 WHERE entity_id = 2');
    await put(shard, 3, { '2': 3 });
    await shard.sql('DELETE FROM atlas.entity WHERE entity_id = 3');
    await putMany(shard, 10, 500);
    await shard.sql('UPDATE atlas.entity SET entity_id = 9223372036854775807 WHERE entity_id = 10');
    await caughtUp(shard);
    await expectEqualStores(shard);
    expect(replicator.state()).toMatchObject({ phase: 'streaming', lastError: null });
    await replicator.stop();
  });

  it('stops at a message that is not one of the connector, until the shard is copied again', async () => {
    const replicator = await shard.replicator({ source: topic.source(shard.primary) });
    await caughtUp(shard);
    await produce(kafka.bootstrap, topic.topic, 'poison');
    const reached = await shard.sink.position();
    await put(shard, 4, { '1': 'beyond it' });
    await shard.beat();
    await vi.waitFor(() => expect(replicator.state().phase).toBe('failed'), WAIT);
    expect(replicator.state().lastError).toMatch(
      /^The topic atlas.changes.s0 cannot be followed: message \d+ is not one of .*: it is not JSON; run "atlas replicate --resnapshot"/,
    );
    expect(await shard.sink.position()).toMatchObject({ copyId: reached?.copyId });
    await replicator.stop();
    const copying = await shard.replicator({ source: topic.source(shard.primary), resnapshot: true });
    await vi.waitFor(
      async () => expect((await shard.sink.position())?.copyId).toBeGreaterThan(reached?.copyId ?? 0n),
      WAIT,
    );
    await put(shard, 5, { '1': 'after the copy' });
    await caughtUp(shard);
    await expectEqualStores(shard);
    expect(copying.state()).toMatchObject({ phase: 'streaming', lastError: null });
    await copying.stop();
  });

  it('shows how much of the topic is not in ClickHouse', async () => {
    const monitor = new TopicMonitor({
      ...{ cluster: topic.cluster, topics: [{ shard: 's0', topics: topicsOf(topic), group: GROUP }] },
      ...{ thresholdMessages: 10, clock: systemClock, logger: pino({ level: 'silent' }) },
    });
    await monitor.start();
    try {
      await putMany(shard, 600, 700);
      await shard.beat();
      await vi.waitFor(() => {
        const [{ health, lagMessages, lagMs } = {}] = monitor.topicPartitions('s0');
        expect(health).toBe('DEGRADED');
        expect(lagMessages).toBeGreaterThan(100);
        expect(lagMs).toBeGreaterThan(0);
      }, WAIT);
      const replicator = await shard.replicator({ source: topic.source(shard.primary) });
      await caughtUp(shard);
      await vi.waitFor(() => expect(monitor.topicPartitions('s0')).toMatchObject([{ health: 'HEALTHY' }]), WAIT);
      await replicator.stop();
    } finally {
      await monitor.stop();
    }
  });

  it('speaks TLS and logs in as the settings say, with the password from a file', async () => {
    const { secured } = kafka;
    const lifecycle = new Lifecycle();
    const partitions = (environment: Record<string, string>) => {
      const settings = loadSettings({
        ...{ ATLAS_CAPTURE: 'kafka', ATLAS_KAFKA_BROKERS: secured.bootstrap, ATLAS_KAFKA_TLS: 'true' },
        ...{ ATLAS_KAFKA_CA: secured.ca, ATLAS_KAFKA_SASL: 'PLAIN', ATLAS_KAFKA_USERNAME: secured.username },
        ...environment,
      });
      return openKafka(settings, lifecycle)?.partitions(topic.topic);
    };
    try {
      const ATLAS_KAFKA_PASSWORD_FILE = secured.passwordFile;
      expect(await partitions({ ATLAS_KAFKA_PASSWORD_FILE })).toBe(1);
      expect(await partitions({ ATLAS_KAFKA_PASSWORD_FILE, ATLAS_KAFKA_SASL: 'SCRAM-SHA-512' })).toBe(1);
      await expect(partitions({ ATLAS_KAFKA_PASSWORD: 'another' })).rejects.toThrow(
        /^Kafka does not say which topics there are: .*[Aa]uthentication/,
      );
    } finally {
      await lifecycle.stop();
    }
  });

  it('has connectors that Kafka Connect accepts', async () => {
    const { primary } = endpointsOf('atlas_replicate', shard.endpoints);
    const target = { shard: 's0', primary, passwordReference: 'test' };
    for (const config of [
      connectorConfig({ ...target, topic: topic.topic, partitions: 1 }),
      connectorConfig({ ...target, topic: topic.topic, partitions: 6 }),
      readersConfig({ ...target, topics: topic.topic, tables: ['entity', 'audit', 'shard'] }),
    ]) {
      const answer = await fetch(`${kafka.connectUrl}/connector-plugins/PostgresConnector/config/validate`, {
        ...{ method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(config) },
      });
      const { configs = [] } = (await answer.json()) as {
        configs?: readonly { readonly value: { readonly name: string; readonly errors: readonly string[] } }[];
      };
      expect(configs.length).toBeGreaterThan(50);
      expect(configs.flatMap(({ value }) => value.errors)).toEqual([]);
    }
  });
});
