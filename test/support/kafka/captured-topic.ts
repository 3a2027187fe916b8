import { setTimeout as delay } from 'node:timers/promises';
import { KafkaCluster } from '../../../src/connections/kafka/kafka-cluster.ts';
import type { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { connectorConfig } from '../../../src/replication/source/kafka/connector-config.ts';
import { KafkaSource } from '../../../src/replication/source/kafka/kafka-source.ts';
import type { ShardDatabase } from '../../replication/support/replicated-shard.ts';
import { endpointsOf } from '../postgres-cluster.ts';
import type { KafkaEngines } from './kafka-engines.ts';
import { createTopic } from './topic-administration.ts';

export const GROUP = 'atlas.s0';

/** A shard's changes in a topic of their own, through the real connector. */
export interface TopicOfShard {
  readonly topic: string;
  readonly cluster: KafkaCluster;
  /** Starts Kafka Connect with the connector, and waits until it streams. */
  startConnector(overrides?: Readonly<Record<string, string>>): Promise<void>;
  /** Another process' view of it: each has a connection of its own. */
  source(primary: PostgresPool): KafkaSource;
  stop(): Promise<void>;
}

export async function captureThrough(kafka: KafkaEngines, shard: ShardDatabase, topic: string): Promise<TopicOfShard> {
  const endpoints = endpointsOf('atlas_replicate', shard.endpoints);
  const clusters: KafkaCluster[] = [];
  const open = (clientId: string) => {
    const cluster = new KafkaCluster({ brokers: [kafka.bootstrap], clientId, tls: null, sasl: null });
    clusters.push(cluster);
    return cluster;
  };
  const cluster = open('test');
  await createTopic(kafka.bootstrap, topic);
  return {
    topic,
    cluster,
    async startConnector(overrides = {}) {
      const config = connectorConfig({ shard: 's0', topic, primary: endpoints.primary, passwordReference: 'test' });
      kafka.configure({ ...config, ...overrides });
      await kafka.connect.start();
      for (let waited = 0; !(await isStreaming(shard)); waited += 50) {
        if (waited > 60_000) throw new Error(`The connector does not stream:\n${kafka.connect.tail()}`);
        await delay(50);
      }
    },
    source: (primary) =>
      new KafkaSource(
        { endpoints, primary, leaseMs: 5_000 },
        { cluster: open('atlas'), topic, group: GROUP, sessionTimeoutMs: 6_000 },
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
