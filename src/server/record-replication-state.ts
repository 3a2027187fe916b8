import type { ShardId } from '../domain/identifiers.ts';
import { healthLevel } from '../freshness/replication-health.ts';
import type { ReplicationState, SlotStates, SourceState } from '../freshness/replication-state.ts';
import type { Metrics } from '../observability/metrics.ts';

/** A slot that does not exist has lost its WAL, too. */
const WAL_STATUS = { reserved: 3, extended: 2, unreserved: 1, lost: 0, missing: 0 } as const;

/** Sets the gauges of lag and health to what the last probes found. ClickHouse has series only where it is configured: alerts go by that. */
export function recordReplicationState(
  metrics: Metrics,
  state: ReplicationState & SlotStates,
  shards: readonly ShardId[],
): void {
  metrics.slotSpilledBytes.reset();
  for (const shard of shards) {
    const record = (source: string, replica: string, { health, lagMs }: SourceState): void => {
      metrics.sourceLag.set({ shard, source, replica }, lagMs === null ? Number.NaN : lagMs / 1000);
      metrics.sourceHealth.set({ shard, source, replica }, healthLevel(health));
    };
    record('PRIMARY', '', state.source(shard, 'PRIMARY'));
    state.replicas(shard).forEach((replica, index) => {
      record('REPLICA', String(index), replica);
    });
    if (state.hasClickHouse) {
      record('CLICKHOUSE', '', state.source(shard, 'CLICKHOUSE'));
      const { lagBytes, lagMessages } = state.changeStream(shard);
      metrics.changeStreamLagBytes.set({ shard }, lagBytes ?? Number.NaN);
      metrics.changeStreamLagMessages.set({ shard }, lagMessages ?? Number.NaN);
    }
    for (const { name: slot, walStatus, retainedBytes, safeBytes, spilledBytes } of state.slots(shard)) {
      metrics.slotWalStatus.set({ shard, slot }, walStatus === null ? Number.NaN : WAL_STATUS[walStatus]);
      metrics.slotRetainedWal.set({ shard, slot }, retainedBytes ?? Number.NaN);
      if (spilledBytes !== null) metrics.slotSpilledBytes.inc({ shard, slot }, spilledBytes);
      metrics.slotSafeWal.set({ shard, slot }, safeBytes ?? Number.NaN);
    }
  }
}
