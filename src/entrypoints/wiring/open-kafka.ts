import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Settings } from '../../config/settings.ts';
import { KafkaCluster } from '../../connections/kafka/kafka-cluster.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import type { TopicLayout } from '../../replication/source/kafka/topic-layout.ts';

/** The brokers, which the lifecycle disconnects from; null unless changes come through Kafka. Nothing connects before it is used. */
export function openKafka(settings: Settings, lifecycle: Pick<Lifecycle, 'add'>): KafkaCluster | null {
  const { ATLAS_KAFKA_BROKERS: brokers, ATLAS_KAFKA_SASL: mechanism, ATLAS_KAFKA_CA: ca } = settings;
  if (settings.ATLAS_CAPTURE !== 'kafka' || brokers === undefined) return null;
  const { ATLAS_KAFKA_USERNAME: username = '', ATLAS_KAFKA_PASSWORD: password = '' } = settings;
  const cluster = new KafkaCluster({
    brokers,
    clientId: `atlas-${hostname()}-${process.pid}`.replace(/[^a-zA-Z0-9._-]/g, '-'),
    tls: settings.ATLAS_KAFKA_TLS ? { ca: ca === undefined ? null : readFileSync(ca, 'utf8') } : null,
    sasl: mechanism === 'none' ? null : { mechanism, username, password },
  });
  lifecycle.add('Kafka', () => cluster.close());
  return cluster;
}

/** The topic of a shard, and the group that reads it. */
export function topicOf(settings: Settings, shard: ShardId): TopicLayout & { readonly group: string } {
  return {
    topic: settings.ATLAS_KAFKA_TOPIC.replaceAll('{shard}', shard),
    partitions: settings.ATLAS_KAFKA_PARTITIONS,
    group: settings.ATLAS_KAFKA_GROUP.replaceAll('{shard}', shard),
  };
}
