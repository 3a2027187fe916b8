import type { ShardId } from '../domain/identifiers.ts';
import { type ConsistencyToken, mergeTokens } from './consistency-token.ts';
import { servedClass } from './describe-read.ts';
import type {
  DataSource,
  FallbackStrategy,
  FreshnessClass,
  ReadFreshness,
  ReplicationHealth,
  RouteReason,
} from './freshness.ts';
import { isWorseLag, older, worseLag } from './measure-lag.ts';
import { worseHealth } from './replication-health.ts';
import { tokenOfRead } from './token-of-read.ts';

/** All reads of one request with the same shard, source and requirement. Timestamps are ISO 8601 in UTC. */
export interface SummarizedRead {
  readonly shard: ShardId | null;
  readonly source: DataSource;
  readonly requested: {
    readonly class: FreshnessClass;
    readonly maxLagMs: number;
    readonly fallback: FallbackStrategy;
  };
  /** The largest; null if one of them is unknown. */
  readonly lagMs: number | null;
  /** The oldest; null if one of them is unknown. */
  readonly dataTimestamp: string | null;
  readonly sourceTimestamp: string | null;
  /** These three are those of the read that lags most. If any of them is stale, that one is. */
  readonly reason: RouteReason;
  readonly fellBack: boolean;
  readonly stale: boolean;
  readonly entities: number;
}

/**
 * The value of `extensions.freshness`, but for the token: the worst of all reads, and each kind of read. Without reads, as of a request that
 * only deletes or only reads attribute definitions, class and lag are null: nothing was measured.
 */
export interface FreshnessSummary {
  readonly servedClass: FreshnessClass | null;
  readonly maxLagMs: number | null;
  readonly health: ReplicationHealth;
  readonly reads: readonly SummarizedRead[];
}

/** Gathers the reads of one request. Its size is bounded by (shard, source, requirement), whatever the number of reads. */
export class FreshnessCollector {
  readonly #reads = new Map<string, SummarizedRead>();
  #token: ConsistencyToken | null = null;
  #health: ReplicationHealth = 'HEALTHY';

  /** @param entities how many entities the read returned. */
  add(read: ReadFreshness, entities: number): void {
    const { class: freshnessClass, maxLagMs, fallback } = read.requested;
    const key = `${read.shard ?? ''}/${read.source}/${freshnessClass}/${maxLagMs}/${fallback}`;
    const earlier = this.#reads.get(key);
    const one = describe(read, entities);
    this.#reads.set(key, earlier === undefined ? one : merge(earlier, one));
    this.#health = worseHealth(this.#health, read.health);
    this.cover(tokenOfRead(read));
  }

  /** Makes the request's token include this one. */
  cover(token: ConsistencyToken): void {
    this.#token = mergeTokens(this.#token, token);
  }

  /** Covers all that was read and noted; null if nothing was. */
  token(): ConsistencyToken | null {
    return this.#token;
  }

  /** Null if nothing was read or written. */
  summary(): FreshnessSummary | null {
    if (this.#token === null) return null;
    const reads = [...this.#reads.values()];
    const maxLagMs = reads.length === 0 ? null : reads.map((read) => read.lagMs).reduce(worseLag);
    return { servedClass: servedClass(maxLagMs), maxLagMs, health: this.#health, reads };
  }
}

/**
 * The response headers of a request's reads, names and values in lower case, as in requests. A lag or class that is not known is `unknown`; a
 * timestamp that is not known, or that the source does not have, is left out. None if there were no reads.
 */
export function freshnessHeaders({ servedClass, maxLagMs, health, reads }: FreshnessSummary): Map<string, string> {
  if (reads.length === 0) return new Map();
  const headers = new Map([
    ['x-data-source', [...new Set(reads.map((read) => read.source.toLowerCase()))].join(', ')],
    ['x-data-freshness', servedClass?.toLowerCase() ?? 'unknown'],
    ['x-actual-lag-ms', maxLagMs === null ? 'unknown' : String(maxLagMs)],
    ['x-replication-health', health.toLowerCase()],
  ]);
  const oldestData = reads.map((read) => read.dataTimestamp).reduce(older);
  if (oldestData !== null) headers.set('x-data-timestamp', oldestData);
  const replicated = reads.filter((read) => read.source !== 'PRIMARY').map((read) => read.sourceTimestamp);
  const oldestSource = replicated.length === 0 ? null : replicated.reduce(older);
  if (oldestSource !== null) headers.set('x-source-timestamp', oldestSource);
  return headers;
}

function describe(read: ReadFreshness, entities: number): SummarizedRead {
  const { class: freshnessClass, maxLagMs, fallback } = read.requested;
  return {
    shard: read.shard,
    source: read.source,
    requested: { class: freshnessClass, maxLagMs, fallback },
    lagMs: read.lagMs,
    dataTimestamp: read.dataTimestamp?.toISOString() ?? null,
    sourceTimestamp: read.sourceTimestamp?.toISOString() ?? null,
    reason: read.reason,
    fellBack: read.fellBack,
    stale: read.stale,
    entities,
  };
}

function merge(a: SummarizedRead, b: SummarizedRead): SummarizedRead {
  return {
    ...(isWorseLag(b.lagMs, a.lagMs) ? b : a),
    dataTimestamp: older(a.dataTimestamp, b.dataTimestamp),
    sourceTimestamp: older(a.sourceTimestamp, b.sourceTimestamp),
    entities: a.entities + b.entities,
  };
}
