import type { Settings } from '../config/settings.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { ReplicationHealth } from '../freshness/freshness.ts';
import type { ReplicationState, SourceState } from '../freshness/replication-state.ts';

type Status = Lowercase<ReplicationHealth>;

interface LagReport {
  readonly status: Status;
  /** Null: unknown. */
  readonly lag_ms: number | null;
}

interface ChangeStreamReport {
  readonly status: Status;
  readonly lag_bytes: number | null;
  readonly lag_messages: number | null;
}

type Component<Report> = Report & { readonly shards: Readonly<Record<ShardId, Report>> };

/** What `GET /health/replication` answers. */
export interface HealthReport {
  readonly timestamp: string;
  readonly overall_status: Status;
  readonly components: {
    readonly postgres_replica: Component<LagReport> & { readonly threshold_ms: number };
    readonly clickhouse: Component<LagReport> & { readonly threshold_ms: number };
    readonly change_stream: Component<ChangeStreamReport> & { readonly threshold_messages: number };
  };
}

export type HealthThresholds = Pick<
  Settings,
  'ATLAS_REPLICA_LAG_THRESHOLD_MS' | 'ATLAS_CLICKHOUSE_LAG_THRESHOLD_MS' | 'ATLAS_CHANGE_STREAM_THRESHOLD_MESSAGES'
>;

/**
 * A component is as unhealthy as its worst shard, and the whole as its worst component. A shard that is configured
 * without replicas is not among the shards of postgres_replica.
 */
export function healthReport(
  state: ReplicationState,
  shards: readonly ShardId[],
  thresholds: HealthThresholds,
  now: number,
): HealthReport {
  const replicated = shards.filter((shard) => state.replicas(shard).length > 0);
  const replica = lagComponent(replicated, (shard) => replicaState(state, shard));
  const clickhouse = lagComponent(shards, (shard) => state.source(shard, 'CLICKHOUSE'));
  const stream = changeStreamComponent(shards, state);
  return {
    timestamp: new Date(now).toISOString(),
    overall_status: worst([replica.status, clickhouse.status, stream.status]),
    components: {
      postgres_replica: { ...replica, threshold_ms: thresholds.ATLAS_REPLICA_LAG_THRESHOLD_MS },
      clickhouse: { ...clickhouse, threshold_ms: thresholds.ATLAS_CLICKHOUSE_LAG_THRESHOLD_MS },
      change_stream: { ...stream, threshold_messages: thresholds.ATLAS_CHANGE_STREAM_THRESHOLD_MESSAGES },
    },
  };
}

/** The best replica's lag, since that is what reads get; degraded as soon as any replica is not healthy. */
function replicaState(state: ReplicationState, shard: ShardId): SourceState {
  const best = state.source(shard, 'REPLICA');
  const impaired = state.replicas(shard).some(({ health }) => health !== 'HEALTHY');
  return best.health === 'HEALTHY' && impaired ? { ...best, health: 'DEGRADED' } : best;
}

function lagComponent(shards: readonly ShardId[], stateOf: (shard: ShardId) => SourceState): Component<LagReport> {
  const reports = shards.map((shard): [ShardId, LagReport] => {
    const { health, lagMs } = stateOf(shard);
    return [shard, { status: statusOf(health), lag_ms: lagMs === null ? null : Math.ceil(lagMs) }];
  });
  return {
    status: worst(reports.map(([, { status }]) => status)),
    lag_ms: greatest(reports.map(([, { lag_ms }]) => lag_ms)),
    shards: Object.fromEntries(reports),
  };
}

function changeStreamComponent(shards: readonly ShardId[], state: ReplicationState): Component<ChangeStreamReport> {
  const reports = shards.map((shard): [ShardId, ChangeStreamReport] => {
    const { health, lagBytes, lagMessages } = state.changeStream(shard);
    return [shard, { status: statusOf(health), lag_bytes: lagBytes, lag_messages: lagMessages }];
  });
  return {
    status: worst(reports.map(([, { status }]) => status)),
    lag_bytes: greatest(reports.map(([, { lag_bytes }]) => lag_bytes)),
    lag_messages: greatest(reports.map(([, { lag_messages }]) => lag_messages)),
    shards: Object.fromEntries(reports),
  };
}

function statusOf(health: ReplicationHealth): Status {
  switch (health) {
    case 'HEALTHY':
      return 'healthy';
    case 'DEGRADED':
      return 'degraded';
    case 'DOWN':
      return 'down';
  }
}

function worst(statuses: readonly Status[]): Status {
  if (statuses.includes('down')) return 'down';
  return statuses.includes('degraded') ? 'degraded' : 'healthy';
}

/** Null as soon as one of them is unknown. */
function greatest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 || known.length < values.length ? null : Math.max(...known);
}
