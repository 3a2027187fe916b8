import type { ShardId } from '../domain/identifiers.ts';
import type { TopicStates } from '../freshness/replication-state.ts';
import type { Metrics } from '../observability/metrics.ts';

/** Sets the gauges of the topics to what the last probes found. */
export function recordTopics(metrics: Metrics, topics: TopicStates, shards: readonly ShardId[]): void {
  for (const shard of shards) {
    for (const { topic, partition, lagMessages, lagMs } of topics.topicPartitions(shard)) {
      const labels = { shard, topic, partition: String(partition) };
      metrics.topicLagMessages.set(labels, lagMessages ?? Number.NaN);
      metrics.topicLag.set(labels, lagMs === null ? Number.NaN : lagMs / 1_000);
    }
  }
}
