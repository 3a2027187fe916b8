import { afterEach, expect, it, vi } from 'vitest';
import { type KafkaConfigOptions, runKafkaConfig } from '../../../src/entrypoints/commands/kafka-config-command.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

interface Printed {
  readonly topics: readonly { readonly name: string; readonly partitions: number; readonly config: object }[];
  readonly connectors: readonly { readonly name: string; readonly config: Readonly<Record<string, string>> }[];
  readonly clickhouse?: readonly string[];
}

function printed(options: KafkaConfigOptions, environment: Readonly<Record<string, string>> = {}): Printed {
  const shards = ['s0', 's1'].map((id) => ({ id, primary: `postgres://atlas_replicate:secret@${id}:5432/atlas` }));
  vi.stubEnv('ATLAS_SHARDS', JSON.stringify({ shards }));
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const texts: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => texts.push(String(text)) > 0);
  try {
    runKafkaConfig(options);
  } finally {
    vi.restoreAllMocks();
  }
  expect(texts.join()).not.toContain('secret');
  return JSON.parse(texts.join(''));
}

it('prints a topic and a connector for each shard, from the settings', () => {
  const { topics, connectors } = printed(
    {},
    { ATLAS_KAFKA_TOPIC: 'cdc.{shard}', ATLAS_KAFKA_RETENTION_MS: '86400000' },
  );
  expect(topics).toMatchObject([
    { name: 'cdc.s0', partitions: 1, replication_factor: 3, config: { 'retention.ms': '86400000' } },
    { name: 'cdc.s1', partitions: 1 },
  ]);
  expect(connectors.map(({ name, config }) => [name, config['database.password']])).toEqual([
    ['atlas-s0', `\${file:/etc/kafka/atlas.properties:s0}`],
    ['atlas-s1', `\${file:/etc/kafka/atlas.properties:s1}`],
  ]);
});

it('adds topics per table for other readers, with partitions and retention of their own', () => {
  const { topics, connectors } = printed({ table: ['entity=6/7', 'shard=6/7', 'audit=12/3'] });
  expect(topics.slice(0, 4).map(({ name, partitions, config }) => ({ name, partitions, ...config }))).toMatchObject([
    { name: 'atlas.changes.s0', partitions: 1, 'retention.ms': '604800000' },
    { name: 'atlas.changes.s0.entity', partitions: 6, 'retention.ms': '604800000' },
    { name: 'atlas.changes.s0.shard', partitions: 6, 'retention.ms': '604800000' },
    { name: 'atlas.changes.s0.audit', partitions: 12, 'retention.ms': '259200000' },
  ]);
  expect(connectors.map(({ name }) => name)).toEqual(['atlas-s0', 'atlas-readers-s0', 'atlas-s1', 'atlas-readers-s1']);
});

it('gives the topic of a shard more partitions if asked to, and where transactions end a topic of its own', () => {
  const { topics, connectors } = printed({}, { ATLAS_KAFKA_PARTITIONS: '6' });
  expect(topics.map(({ name, partitions }) => [name, partitions])).toEqual([
    ['atlas.changes.s0', 6],
    ['atlas.changes.s0.transactions', 1],
    ['atlas.changes.s1', 6],
    ['atlas.changes.s1.transactions', 1],
  ]);
  expect(connectors.map(({ config }) => config['transforms.partition.partition.topic.num'])).toEqual(['6', '6']);
});

it('prints statements by which ClickHouse reads the topics itself, for a group of its own', () => {
  const brokers = { ATLAS_KAFKA_BROKERS: 'kafka-1:9092,kafka-2:9092' };
  expect(() => printed({ events: 30 })).toThrow('--events needs ATLAS_KAFKA_BROKERS');
  expect(printed({}, brokers).clickhouse).toBeUndefined();
  const statements = printed({ events: 30 }, brokers).clickhouse ?? [];
  expect(statements.join('\n')).toContain(
    "kafka_broker_list = 'kafka-1:9092,kafka-2:9092', kafka_topic_list = 'atlas.changes.s0,atlas.changes.s1', kafka_group_name = 'atlas.clickhouse.events', kafka_format = 'RawBLOB'",
  );
  expect(statements.join('\n')).toContain('INTERVAL 30 DAY');
  // The default stops at a message that it cannot decode; 'stream' would skip it.
  expect(statements.join('\n')).not.toContain('kafka_handle_error_mode');
});

it('refuses a table that it does not know, or that says neither partitions nor days', () => {
  for (const table of ['entity', 'entity=6', 'entity=0/7', 'catalog=6/7']) {
    expect(() => printed({ table: [table] })).toThrow(
      'expected <table>=<partitions>/<days>, with one of the tables entity, audit, shard.',
    );
  }
});
