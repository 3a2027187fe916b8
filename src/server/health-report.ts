import type { HealthThresholds } from '../config/health-thresholds.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { ReplicationHealth } from '../freshness/freshness.ts';
import { worstHealth } from '../freshness/replication-health.ts';
import type {
  ChangeStreamState,
  ReplicationState,
  SlotState,
  SlotStates,
  SourceState,
  TopicPartitionState,
  TopicStates,
} from '../freshness/replication-state.ts';
import type { ShardVerification, VerificationState } from '../verification/verification-state.ts';

type Status = Lowercase<ReplicationHealth>;

const STATUS: Readonly<Record<ReplicationHealth, Status>> = { HEALTHY: 'healthy', DEGRADED: 'degraded', DOWN: 'down' };

interface LagReport {
  readonly status: Status;
  /** Null if unknown. */
  readonly lag_ms: number | null;
}

interface ChangeStreamReport {
  readonly status: Status;
  readonly lag_bytes: number | null;
  readonly lag_messages: number | null;
}

interface SlotReport {
  readonly name: string;
  readonly status: Status;
  readonly wal_status: SlotState['walStatus'];
  /** What the primary retains for the slot; null if unknown. */
  readonly retained_wal_bytes: number | null;
  /** What can still be written before the slot may be lost; null if that is unlimited or unknown. */
  readonly safe_wal_bytes: number | null;
}

interface ShardStreamReport extends ChangeStreamReport {
  readonly slots: readonly SlotReport[];
  /** Why the stream has stopped until the cause is repaired. Present only then, and only in the process that runs it. */
  readonly reason?: string;
}

interface VerificationReport {
  readonly status: Status;
  /** Everything has been compared within this time; null if that is unknown, or before there is anything to compare. */
  readonly age_ms: number | null;
  /** Rows of ClickHouse that are known to differ from Postgres. */
  readonly differences: number;
}

interface TopicReport {
  readonly status: Status;
  /** Messages that have been written to the topic, but are not in ClickHouse; null if unknown. */
  readonly lag_messages: number | null;
  /** How much later the newest message was written than the first of those; null if unknown. */
  readonly lag_ms: number | null;
}

interface TopicPartitionReport extends TopicReport {
  readonly topic: string;
  readonly partition: number;
}

interface ShardTopicReport extends TopicReport {
  readonly partitions: readonly TopicPartitionReport[];
}

type Component<Report, ShardReport = Report> = Report & { readonly shards: Readonly<Record<ShardId, ShardReport>> };
type ChangeStreamComponent = Component<ChangeStreamReport, ShardStreamReport>;

/** What `GET /health/replication` answers. */
export interface HealthReport {
  readonly timestamp: string;
  readonly overall_status: Status;
  readonly components: {
    readonly postgres_replica: Component<LagReport> & { readonly threshold_ms: number };
    readonly clickhouse: Component<LagReport> & { readonly threshold_ms: number };
    readonly change_stream: ChangeStreamComponent & {
      readonly threshold_messages: number;
      readonly threshold_retained_wal_bytes: number;
      readonly threshold_safe_wal_percent: number;
    };
    /** Present if changes come through Kafka. */
    readonly kafka?: Component<TopicReport, ShardTopicReport> & { readonly threshold_messages: number };
    /** Absent without ClickHouse, or if the verification is turned off. */
    readonly verification?: Component<VerificationReport> & { readonly threshold_ms: number };
  };
}

/**
 * A component is as unhealthy as its worst shard, and the whole as its worst component. A shard that is configured
 * without replicas is not among the shards of postgres_replica, and clickhouse has none without ClickHouse.
 */
export function healthReport(
  state: ReplicationState & SlotStates,
  shards: readonly ShardId[],
  thresholds: HealthThresholds,
  now: number,
  verification: VerificationState | null,
  topics: TopicStates | null,
): HealthReport {
  const replicated = shards.filter((shard) => state.replicas(shard).length > 0);
  const replica = each(replicated, (shard) => replicaState(state, shard));
  const clickhouse = each(state.hasClickHouse ? shards : [], (shard) => state.source(shard, 'CLICKHOUSE'));
  const stream = each(shards, (shard) => state.changeStream(shard));
  const verified = verification === null ? [] : each(shards, (shard) => verification.shard(shard));
  const read = topics === null ? [] : each(shards, (shard) => topicState(topics.topicPartitions(shard)));
  return {
    timestamp: new Date(now).toISOString(),
    overall_status: worst([...replica, ...clickhouse, ...stream, ...read, ...verified]),
    components: {
      postgres_replica: { ...lagComponent(replica), threshold_ms: thresholds.replicaLagMs },
      clickhouse: { ...lagComponent(clickhouse), threshold_ms: thresholds.clickhouseLagMs },
      change_stream: {
        ...changeStreamComponent(stream, state),
        threshold_messages: thresholds.changeStreamMessages,
        threshold_retained_wal_bytes: thresholds.slotWalBytes,
        threshold_safe_wal_percent: thresholds.slotSafePercent,
      },
      ...(topics === null ? {} : { kafka: { ...topicComponent(read), threshold_messages: thresholds.topicMessages } }),
      ...(verification === null
        ? {}
        : { verification: { ...verificationComponent(verified), threshold_ms: verification.periodMs } }),
    },
  };
}

type Each<State> = readonly (readonly [ShardId, State])[];

function each<State>(shards: readonly ShardId[], stateOf: (shard: ShardId) => State): Each<State> {
  return shards.map((shard) => [shard, stateOf(shard)]);
}

/** The best replica's lag, since that is what reads get; degraded as soon as any replica is not healthy. */
function replicaState(state: ReplicationState, shard: ShardId): SourceState {
  const best = state.source(shard, 'REPLICA');
  const impaired = state.replicas(shard).some(({ health }) => health !== 'HEALTHY');
  return best.health === 'HEALTHY' && impaired ? { ...best, health: 'DEGRADED' } : best;
}

function lagComponent(states: Each<SourceState>): Component<LagReport> {
  const reports = states.map(([shard, { health, lagMs }]): [ShardId, LagReport] => {
    return [shard, { status: STATUS[health], lag_ms: lagMs === null ? null : Math.ceil(lagMs) }];
  });
  return {
    status: worst(states),
    lag_ms: greatest(reports.map(([, { lag_ms }]) => lag_ms)),
    shards: Object.fromEntries(reports),
  };
}

function changeStreamComponent(states: Each<ChangeStreamState>, known: SlotStates): ChangeStreamComponent {
  const reports = states.map(([shard, { health, lagBytes, lagMessages, failure }]): [ShardId, ShardStreamReport] => {
    const slots = known.slots(shard).map(slotReport);
    const report = { status: STATUS[health], lag_bytes: lagBytes, lag_messages: lagMessages, slots };
    return [shard, failure === null ? report : { ...report, reason: failure }];
  });
  return {
    status: worst(states),
    lag_bytes: greatest(states.map(([, { lagBytes }]) => lagBytes)),
    lag_messages: greatest(states.map(([, { lagMessages }]) => lagMessages)),
    shards: Object.fromEntries(reports),
  };
}

function slotReport({ name, health, walStatus, retainedBytes, safeBytes }: SlotState): SlotReport {
  return {
    name,
    status: STATUS[health],
    wal_status: walStatus,
    retained_wal_bytes: retainedBytes,
    safe_wal_bytes: safeBytes === null || Number.isFinite(safeBytes) ? safeBytes : null,
  };
}

interface ShardTopicState {
  readonly health: ReplicationHealth;
  readonly lagMessages: number | null;
  readonly lagMs: number | null;
  readonly partitions: readonly TopicPartitionState[];
}

/** All messages of the topic count, and the partition that is furthest behind. */
function topicState(partitions: readonly TopicPartitionState[]): ShardTopicState {
  const messages = partitions.map(({ lagMessages }) => lagMessages);
  return {
    health: worstHealth(partitions.map(({ health }) => health)),
    lagMessages: greatest(messages) === null ? null : messages.reduce<number>((sum, lag) => sum + (lag ?? 0), 0),
    lagMs: greatest(partitions.map(({ lagMs }) => lagMs)),
    partitions,
  };
}

function topicComponent(states: Each<ShardTopicState>): Component<TopicReport, ShardTopicReport> {
  const reports = states.map(([shard, state]): [ShardId, ShardTopicReport] => {
    const partitions = state.partitions.map((partition) => ({
      ...{ topic: partition.topic, partition: partition.partition },
      ...topicReport(partition),
    }));
    return [shard, { ...topicReport(state), partitions }];
  });
  return {
    status: worst(states),
    lag_messages: greatest(reports.map(([, { lag_messages }]) => lag_messages)),
    lag_ms: greatest(reports.map(([, { lag_ms }]) => lag_ms)),
    shards: Object.fromEntries(reports),
  };
}

function topicReport({ health, lagMessages, lagMs }: Omit<ShardTopicState, 'partitions'>): TopicReport {
  return { status: STATUS[health], lag_messages: lagMessages, lag_ms: lagMs };
}

function verificationComponent(states: Each<ShardVerification>): Component<VerificationReport> {
  const reports = states.map(([shard, { health, ageMs, differences }]): [ShardId, VerificationReport] => {
    return [shard, { status: STATUS[health], age_ms: ageMs === null ? null : Math.ceil(ageMs), differences }];
  });
  return {
    status: worst(states),
    age_ms: greatest(reports.map(([, { age_ms }]) => age_ms)),
    differences: states.reduce((sum, [, { differences }]) => sum + differences, 0),
    shards: Object.fromEntries(reports),
  };
}

function worst(states: Each<{ readonly health: ReplicationHealth }>): Status {
  return STATUS[worstHealth(states.map(([, { health }]) => health))];
}

/** Null as soon as one of them is unknown. */
function greatest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 || known.length < values.length ? null : Math.max(...known);
}
