import { MAX_MESSAGE_BYTES } from './connector-config.ts';

/** A topic, as the tools of Kafka and Terraform's modules name its properties. */
export interface TopicDefinition {
  readonly name: string;
  readonly partitions: number;
  readonly replication_factor: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface TopicOptions {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly retentionMs: number;
}

/** What is acknowledged survives the loss of a broker. */
export function topicDefinition(name: string, options: TopicOptions): TopicDefinition {
  const { partitions, replicationFactor, retentionMs } = options;
  return {
    name,
    partitions,
    replication_factor: replicationFactor,
    config: {
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      'min.insync.replicas': String(Math.max(1, replicationFactor - 1)),
      'max.message.bytes': String(MAX_MESSAGE_BYTES),
    },
  };
}
