import { loadServerConfig } from '../../config/server-config.ts';
import type { Settings } from '../../config/settings.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { connectorConfig, readersConfig } from '../../replication/source/kafka/connector-config.ts';
import { eventTables } from '../../replication/source/kafka/event-tables.ts';
import { topicDefinition } from '../../replication/source/kafka/topic-definition.ts';
import { topicsOf } from '../../replication/source/kafka/topic-layout.ts';
import { UsageError } from '../usage-error.ts';
import { topicOf } from '../wiring/open-kafka.ts';

const DAY_MS = 86_400_000;
const TABLES = ['entity', 'audit', 'shard'];

export interface KafkaConfigOptions {
  /** `<table>=<partitions>/<days>`: topics for other readers. */
  readonly table?: readonly string[];
  /** How many days ClickHouse is to keep the messages that it reads itself. */
  readonly events?: number;
}

/** Prints the topics and connectors that the settings ask for, and statements for ClickHouse, as JSON. Secrets are references. */
export function runKafkaConfig({ table: tables = [], events }: KafkaConfigOptions): void {
  const { settings, shardConfig } = loadServerConfig({});
  const replicationFactor = settings.ATLAS_KAFKA_REPLICATION_FACTOR;
  const wanted = tables.map(readersTopic);
  const layouts = shardConfig.shards.map(({ id: shard, primary }) => {
    const { topic, partitions } = topicOf(settings, shard);
    const target = {
      shard,
      primary,
      passwordReference: settings.ATLAS_KAFKA_CONNECTOR_PASSWORD.replaceAll('{shard}', shard),
    };
    const ofAtlas = { replicationFactor, retentionMs: settings.ATLAS_KAFKA_RETENTION_MS };
    const readers = { ...target, topics: topic, tables: wanted.map(({ table }) => table) };
    return {
      topics: [
        ...topicsOf({ topic, partitions }).map((name) =>
          topicDefinition(name, { ...ofAtlas, partitions: name === topic ? partitions : 1 }),
        ),
        ...wanted.map(({ table, ...options }) =>
          topicDefinition(`${topic}.${table}`, { ...options, replicationFactor }),
        ),
      ],
      connectors: [
        connectorConfig({ ...target, topic, partitions }),
        ...(wanted.length === 0 ? [] : [readersConfig(readers)]),
      ],
    };
  });
  const document = {
    topics: layouts.flatMap(({ topics }) => topics),
    connectors: layouts.flatMap(({ connectors }) => connectors.map(({ name, ...config }) => ({ name, config }))),
    ...(events === undefined ? {} : { clickhouse: eventStatements(settings, shardConfig.shards, events) }),
  };
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

function eventStatements(
  settings: Settings,
  shards: readonly { readonly id: ShardId }[],
  retentionDays: number,
): readonly string[] {
  const { ATLAS_KAFKA_BROKERS: brokers } = settings;
  if (brokers === undefined) throw new UsageError('--events needs ATLAS_KAFKA_BROKERS, from which ClickHouse reads.');
  const topics = shards.map(({ id }) => topicOf(settings, id).topic);
  // No shard's id has a dot.
  const group = settings.ATLAS_KAFKA_GROUP.replaceAll('{shard}', 'clickhouse.events');
  return eventTables({ brokers, topics, group, retentionDays });
}

function readersTopic(text: string): { table: string; partitions: number; retentionMs: number } {
  const [, table = '', partitions, days] = /^(\w+)=([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text) ?? [];
  if (!TABLES.includes(table)) {
    throw new UsageError(
      `--table is ${JSON.stringify(text)}; expected <table>=<partitions>/<days>, with one of the tables ${TABLES.join(', ')}.`,
    );
  }
  return { table, partitions: Number(partitions), retentionMs: Number(days) * DAY_MS };
}
