import type { ShardId } from '../domain/identifiers.ts';
import type { DataSource, ReplicationHealth } from './freshness.ts';
import type { SourceProgress } from './source-progress.ts';

export interface SourceState {
  /**
   * When the source last answered a probe or a read, in milliseconds on this process's clock; null if it counts as down. A
   * source that answers is DOWN too if its lag is unknown.
   */
  readonly answeredAt: number | null;
  readonly health: ReplicationHealth;
  /** Upper bound at the moment of the call, so it grows from probe to probe. Null: unknown, which never counts as fresh. */
  readonly lagMs: number | null;
  /** Upper bound in the snapshot of the last probe: a read sent now may find less than `lagMs`. Used to choose a source. */
  readonly probedLagMs: number | null;
}

export interface ChangeStreamState {
  readonly health: ReplicationHealth;
  readonly lagBytes: number | null;
  readonly lagMessages: number | null;
  /**
   * Why it has stopped until the cause is repaired; null if it has not, or if another process runs it: only the process that runs
   * change capture knows.
   */
  readonly failure: string | null;
}

/** A replication slot of this installation, on the primary of a shard. */
export interface SlotState {
  readonly name: string;
  /** DOWN: what reads the slot has stopped for good, or nothing is known. DEGRADED: it will, or the disk fills up, unless someone acts. */
  readonly health: ReplicationHealth;
  /** As Postgres says; `missing` if there is no such slot, null if the primary does not say. */
  readonly walStatus: 'reserved' | 'extended' | 'unreserved' | 'lost' | 'missing' | null;
  /** WAL that the primary retains for it, in bytes; null if unknown or lost. */
  readonly retainedBytes: number | null;
  /** WAL that can still be written before the slot may be lost, in bytes; Infinity: unlimited; null if unknown. */
  readonly safeBytes: number | null;
  /** What the primary wrote to disk to decode large transactions, in bytes, since its statistics were reset; null if unknown. */
  readonly spilledBytes: number | null;
}

export interface SlotStates {
  /** Of the slots that this installation reads from the shard's primary. */
  slots(shard: ShardId): readonly SlotState[];
}

/** What a shard's topic has that is not in ClickHouse yet, if changes come through Kafka. */
export interface TopicPartitionState {
  readonly topic: string;
  readonly partition: number;
  /** DOWN: the brokers do not say. */
  readonly health: ReplicationHealth;
  /** Messages that have been written, but are not in ClickHouse; null if unknown. */
  readonly lagMessages: number | null;
  /** How much later the newest message was written than the first one that is not in ClickHouse, in milliseconds; null if unknown. */
  readonly lagMs: number | null;
}

export interface TopicStates {
  /** Those of the shard's topic. */
  topicPartitions(shard: ShardId): readonly TopicPartitionState[];
}

/** What the last probes and reads found. Good for choosing a source before a read and for health; never reported as a read's lag. */
export interface ReplicationState {
  /** False: none is configured; it is then DOWN for reads, but nothing is missing. */
  readonly hasClickHouse: boolean;
  /** REPLICA: the best of the shard's replicas; DOWN if it has none. */
  source(shard: ShardId, source: DataSource): SourceState;
  /** One per replica, in the order in which they are configured. */
  replicas(shard: ShardId): readonly SourceState[];
  /**
   * How a replicated source has advanced, by the probes of the last seconds; null if they say too little.
   * @param replica its place in the configuration; any number for ClickHouse.
   */
  progress(shard: ShardId, source: DataSource, replica: number): SourceProgress | null;
  changeStream(shard: ShardId): ChangeStreamState;
  /**
   * The most that the shard's primary clock can be ahead of this process's clock, in milliseconds (negative if it is behind);
   * null before the first heartbeat. Measured from the round trips of heartbeats, so no clock is trusted.
   */
  primaryClockAhead(shard: ShardId): number | null;
  /**
   * The most that the clock of a replica (by its place in the configuration) can be behind this process's clock, in
   * milliseconds (negative if it is ahead); null before the first probe. From a probe that was sent at s, answered
   * with the replica's clock_timestamp() r and received at e: at most e - r; the least of the recent probes holds.
   * It dates a read's snapshot by the replica's own clock, so that a slow statement is not mistaken for a lagging replica.
   */
  replicaClockBehind(shard: ShardId, replica: number): number | null;
}
