import type { ShardId } from '../domain/identifiers.ts';
import { healthLevel } from '../freshness/replication-health.ts';
import type { ReplicationState, SourceState } from '../freshness/replication-state.ts';
import type { Metrics } from '../observability/metrics.ts';

/** Sets the gauges of lag and health to what the last probes found. */
export function recordReplicationState(metrics: Metrics, state: ReplicationState, shards: readonly ShardId[]): void {
  for (const shard of shards) {
    const record = (source: string, replica: string, { health, lagMs }: SourceState): void => {
      metrics.sourceLag.set({ shard, source, replica }, lagMs === null ? Number.NaN : lagMs / 1000);
      metrics.sourceHealth.set({ shard, source, replica }, healthLevel(health));
    };
    record('PRIMARY', '', state.source(shard, 'PRIMARY'));
    state.replicas(shard).forEach((replica, index) => {
      record('REPLICA', String(index), replica);
    });
    record('CLICKHOUSE', '', state.source(shard, 'CLICKHOUSE'));
    const { lagBytes, lagMessages } = state.changeStream(shard);
    metrics.changeStreamLagBytes.set({ shard }, lagBytes ?? Number.NaN);
    metrics.changeStreamLagMessages.set({ shard }, lagMessages ?? Number.NaN);
  }
}
