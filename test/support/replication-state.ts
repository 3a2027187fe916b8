import type { DataSource, ReplicationHealth } from '../../src/freshness/freshness.ts';
import type {
  ChangeStreamState,
  ReplicationState,
  SlotState,
  SlotStates,
  SourceState,
} from '../../src/freshness/replication-state.ts';

export interface ReplicationFacts {
  readonly primary?: SourceState;
  readonly replicas?: readonly SourceState[];
  readonly clickhouse?: SourceState;
  readonly changeStream?: ChangeStreamState;
  readonly slots?: readonly SlotState[];
}

export const UNKNOWN: SourceState = { answeredAt: null, health: 'DOWN', lagMs: null, probedLagMs: null };

export function sourceState(health: ReplicationHealth, lagMs: number): SourceState {
  return { answeredAt: health === 'DOWN' ? null : 0, health, lagMs, probedLagMs: lagMs };
}

/** A replication state with the given values. Everything else is healthy. */
export function replicationState(
  shards: Readonly<Record<string, ReplicationFacts>>,
  hasClickHouse = true,
): ReplicationState & SlotStates {
  const replicas = (shard: string) => shards[shard]?.replicas ?? [sourceState('HEALTHY', 41)];
  const sources: Record<DataSource, (shard: string) => SourceState> = {
    PRIMARY: (shard) => shards[shard]?.primary ?? sourceState('HEALTHY', 0),
    REPLICA: (shard) => replicas(shard)[0] ?? UNKNOWN,
    CLICKHOUSE: (shard) => shards[shard]?.clickhouse ?? sourceState('HEALTHY', 380),
  };
  return {
    hasClickHouse,
    source: (shard, source) => sources[source](shard),
    replicas,
    changeStream: (shard) =>
      shards[shard]?.changeStream ?? { health: 'HEALTHY', lagBytes: 0, lagMessages: 0, failure: null },
    progress: () => null,
    slots: (shard) => shards[shard]?.slots ?? [],
    primaryClockAhead: () => 0,
    replicaClockBehind: () => 0,
  };
}
