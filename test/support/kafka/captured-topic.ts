import { setTimeout as delay } from 'node:timers/promises';
import { KafkaCluster } from '../../../src/connections/kafka/kafka-cluster.ts';
import type { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { connectorConfig } from '../../../src/replication/source/kafka/connector-config.ts';
import { type CapturedTopic, KafkaSource } from '../../../src/replication/source/kafka/kafka-source.ts';
import { type TopicLayout, topicsOf } from '../../../src/replication/source/kafka/topic-layout.ts';
import type { ShardDatabase } from '../../replication/support/replicated-shard.ts';
import { endpointsOf } from '../postgres-cluster.ts';
import type { JavaProcess } from './java-process.ts';
import type { KafkaEngines } from './kafka-engines.ts';
import { createTopic } from './topic-administration.ts';

export const GROUP = 'atlas.s0';

/** A shard's changes in topics of their own, through the real connector. */
export interface TopicOfShard extends TopicLayout {
  readonly cluster: KafkaCluster;
  /** Starts Kafka Connect with the connector, and waits until it streams. */
  startConnector(overrides?: Readonly<Record<string, string>>): Promise<void>;
  /** Another process' view of it: each has a connection of its own. @param through what it sees of the cluster. */
  source(
    primary: PostgresPool,
    through?: (cluster: KafkaCluster) => CapturedTopic['cluster'],
    group?: string,
  ): KafkaSource;
  stop(): Promise<void>;
}

/** @param partitions of the topic. @param replicas of each. */
export async function captureThrough(
  kafka: Pick<KafkaEngines, 'bootstrap' | 'configure'> & { readonly connect: Pick<JavaProcess, 'start' | 'tail'> },
  shard: ShardDatabase,
  topic: string,
  partitions = 1,
  replicas = 1,
): Promise<TopicOfShard> {
  const endpoints = endpointsOf('atlas_replicate', shard.endpoints);
  const clusters: KafkaCluster[] = [];
  const open = (clientId: string) => {
    const cluster = new KafkaCluster({ brokers: kafka.bootstrap.split(','), clientId, tls: null, sasl: null });
    clusters.push(cluster);
    return cluster;
  };
  const cluster = open('test');
  const layout = { topic, partitions };
  for (const name of topicsOf(layout)) {
    await createTopic(kafka.bootstrap, name, name === topic ? partitions : 1, replicas);
  }
  return {
    ...layout,
    cluster,
    async startConnector(overrides = {}) {
      const config = connectorConfig({ shard: 's0', ...layout, primary: endpoints.primary, passwordReference: 'test' });
      kafka.configure({ ...config, ...overrides });
      await kafka.connect.start();
      for (let waited = 0; !(await isStreaming(shard)); waited += 50) {
        if (waited > 60_000) throw new Error(`The connector does not stream:\n${kafka.connect.tail()}`);
        await delay(50);
      }
    },
    source: (primary, through = (cluster) => cluster, group = GROUP) =>
      new KafkaSource(
        { endpoints, primary, leaseMs: 5_000 },
        { cluster: through(open('atlas')), ...layout, group, sessionTimeoutMs: 6_000 },
      ),
    stop: async () => {
      await Promise.all(clusters.map((opened) => opened.close()));
    },
  };
}

async function isStreaming(shard: ShardDatabase): Promise<boolean> {
  const slots = await shard.sql("SELECT FROM pg_replication_slots WHERE slot_name = 'atlas_cdc' AND active");
  return slots.length > 0;
}
