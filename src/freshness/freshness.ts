import type { ShardId } from '../domain/identifiers.ts';
import type { ConsistencyToken } from './consistency-token.ts';
import type { Positions } from './positions.ts';

export const FRESHNESS_CLASSES = ['REALTIME', 'INTERACTIVE', 'OPERATIONAL', 'ANALYTICAL', 'BATCH'] as const;
export type FreshnessClass = (typeof FRESHNESS_CLASSES)[number];
export const FALLBACK_STRATEGIES = ['FAIL', 'PRIMARY', 'REPLICA'] as const;
export type FallbackStrategy = (typeof FALLBACK_STRATEGIES)[number];
export type DataSource = 'PRIMARY' | 'REPLICA' | 'CLICKHOUSE';
export type ReplicationHealth = 'HEALTHY' | 'DEGRADED' | 'DOWN';
export type RouteReason =
  | 'PRIMARY_REQUIRED'
  | 'WITHIN_BOUND'
  | 'LAG_EXCEEDED'
  | 'LAG_UNKNOWN'
  | 'NO_REPLICA'
  | 'SOURCE_DOWN'
  | 'SOURCE_BUSY'
  | 'TOKEN_NOT_REACHED'
  | 'OVERLOAD_RELAXED'
  | 'UNSUPPORTED_BY_SOURCE';

/** The budget of each class in milliseconds of lag. */
export const CLASS_BUDGET_MS: Readonly<Record<FreshnessClass, number>> = {
  REALTIME: 100,
  INTERACTIVE: 1_000,
  OPERATIONAL: 30_000,
  ANALYTICAL: 300_000,
  BATCH: 3_600_000,
};

/** What one layer of the precedence (argument, directive, header, default) asks for; what it omits comes from the next. */
export interface FreshnessRequest {
  readonly class?: FreshnessClass;
  readonly maxLagMs?: number;
  readonly fallback?: FallbackStrategy;
  readonly after?: ConsistencyToken;
  readonly maxWaitMs?: number;
}

/** A complete requirement. `maxLagMs` is the bound in force: never looser than the class's budget. */
export interface FreshnessRequirement {
  readonly class: FreshnessClass;
  readonly maxLagMs: number;
  readonly fallback: FallbackStrategy;
  readonly after: ConsistencyToken | null;
  readonly maxWaitMs: number;
}

/**
 * What a source's data is known to contain: every transaction that was acknowledged by the shard's primary before
 * `heartbeatAt`, and every one whose commit lies before `lsn`.
 */
export interface Watermark {
  /** Milliseconds since the epoch on the primary's clock; null if no heartbeat has arrived yet. */
  readonly heartbeatAt: number | null;
  /** Null if the source does not report it. */
  readonly lsn: bigint | null;
}

/** An answer with what was measured in the same snapshot. */
export interface Measured<T> {
  readonly data: T;
  /** What ClickHouse contributed for the entities that are not in `data`, in the state of the same snapshot. */
  readonly others?: T;
  /** One per shard the data came from. */
  readonly watermarks: ReadonlyMap<ShardId, Watermark>;
  /**
   * Per shard, an upper bound of what the data shows: whoever has reached this position contains every transaction in it. A shard
   * whose bound is not known is left out.
   */
  readonly shown: Positions;
  /**
   * Of ClickHouse: how often another server has come to answer, over all reads. Those with one count were answered by one server; null: more than one
   * has answered this read. Postgres has none.
   */
  readonly serverChanges?: number | null;
  /**
   * The source's own clock just after the snapshot was taken, in milliseconds with their fractions (cutting them off would
   * date the snapshot too early); null: use the reader's clock on arrival.
   */
  readonly observedAt: number | null;
}

/** What a read actually got. The same value feeds the response, the log and the metrics. */
export interface ReadFreshness {
  readonly source: DataSource;
  readonly requested: FreshnessRequirement;
  /** The tightest class that the measured lag still satisfies; null past BATCH or unknown. */
  readonly servedClass: FreshnessClass | null;
  /** An upper bound in milliseconds; null if unknown. */
  readonly lagMs: number | null;
  readonly stale: boolean;
  readonly fellBack: boolean;
  readonly reason: RouteReason;
  /** Everything committed before this moment is in the data. */
  readonly dataTimestamp: Date | null;
  /** The heartbeat that proves it; null on a primary, which needs none. */
  readonly sourceTimestamp: Date | null;
  readonly health: ReplicationHealth;
  /** Null if the data spans shards. */
  readonly shard: ShardId | null;
  /**
   * What the data is known to contain: an entry for every shard it came from, 0 if nothing is known. Never beyond what
   * the snapshot contains. A primary contains everything that was acknowledged before the read, whatever position it measured.
   */
  readonly contains: Positions;
  /**
   * What the data shows at most, so at least what it contains: a token made of this makes later reads contain all of it, even
   * what the source could not yet prove to contain.
   */
  readonly shows: Positions;
  /** See Measured. */
  readonly serverChanges?: number | null;
}
