/** How far data may lag behind the primary: 100 ms, 1 s, 30 s, 5 min, 1 h. */
export type FreshnessClass = 'REALTIME' | 'INTERACTIVE' | 'OPERATIONAL' | 'ANALYTICAL' | 'BATCH';

/** What Atlas does if the preferred source misses the bound. */
export type FallbackStrategy = 'FAIL' | 'PRIMARY' | 'REPLICA';

export type DataSource = 'PRIMARY' | 'REPLICA' | 'CLICKHOUSE';

/** How fresh an operation must be. Members that are not set are left to the server. Arguments and `@freshness` in the document come first. */
export interface RequestedFreshness {
  readonly class?: FreshnessClass | undefined;
  /** In milliseconds, a whole number from 0. Tightens the class, never loosens it. */
  readonly maxLagMs?: number | undefined;
  readonly fallback?: FallbackStrategy | undefined;
}

/** One kind of read of an operation: an entry of `extensions.freshness.reads`. */
export interface ServedRead {
  /** Null for a read of all shards. */
  readonly shard: string | null;
  readonly source: DataSource;
  readonly requested: {
    readonly class: FreshnessClass;
    readonly maxLagMs: number;
    readonly fallback: FallbackStrategy;
  };
  /** Upper bound in milliseconds; null if unknown. */
  readonly lagMs: number | null;
  /** Why this source answered, for example `WITHIN_BOUND` or `LAG_EXCEEDED`. */
  readonly reason: string;
  readonly fellBack: boolean;
  /** The data misses the bound. */
  readonly stale: boolean;
  readonly dataTimestamp: string | null;
  readonly sourceTimestamp: string | null;
}

/** What an operation was served. The members are those of the read furthest behind, so that they explain each other. */
export interface ServedFreshness {
  readonly source: DataSource;
  /** The tightest class that the lag meets; null if the lag is unknown or exceeds an hour. */
  readonly servedClass: FreshnessClass | null;
  /** Upper bound in milliseconds; null if unknown. */
  readonly lagMs: number | null;
  /** These three are null if only the response headers arrived, as through a gateway that drops extensions. */
  readonly stale: boolean | null;
  readonly fellBack: boolean | null;
  readonly reason: string | null;
  /** The data contains everything committed before this time; null if unknown. */
  readonly dataTimestamp: string | null;
  /** Every kind of read; empty if only the response headers arrived. */
  readonly reads: readonly ServedRead[];
}

/** The part of `Headers` that is read. */
export interface ResponseHeaders {
  get(name: string): string | null;
}

interface FreshnessExtension {
  readonly servedClass?: FreshnessClass | null;
  readonly token?: unknown;
  readonly reads?: readonly ServedRead[];
}

/** `extensions.freshness`, whatever the server put there. */
export function freshnessExtension(extensions: unknown): FreshnessExtension {
  const { freshness } = (extensions ?? {}) as { readonly freshness?: unknown };
  return typeof freshness === 'object' && freshness !== null ? freshness : {};
}

/** The request headers that ask for this freshness. */
export function freshnessHeaders({ class: name, maxLagMs, fallback }: RequestedFreshness): Record<string, string> {
  return {
    ...(name && { 'x-freshness-requirement': name.toLowerCase() }),
    ...(maxLagMs !== undefined && { 'x-max-acceptable-lag-ms': String(maxLagMs) }),
    ...(fallback && { 'x-fallback-strategy': fallback.toLowerCase() }),
  };
}

/** Null if nothing was read, or if the server is not Atlas. */
export function servedFreshness(extensions: unknown, headers?: ResponseHeaders | null): ServedFreshness | null {
  const { reads, servedClass = null } = freshnessExtension(extensions);
  const [first, ...others] = Array.isArray(reads) ? (reads as readonly ServedRead[]) : [];
  if (first !== undefined && reads !== undefined) {
    const { source, lagMs, stale, fellBack, reason, dataTimestamp } = others.reduce(furtherBehind, first);
    return { source, servedClass, lagMs, stale, fellBack, reason, dataTimestamp, reads };
  }
  return fromHeaders(headers);
}

function furtherBehind(a: ServedRead, b: ServedRead): ServedRead {
  if (a.stale !== b.stale) return a.stale ? a : b;
  return (b.lagMs ?? Number.POSITIVE_INFINITY) > (a.lagMs ?? Number.POSITIVE_INFINITY) ? b : a;
}

/** The furthest behind of several sources is the one that is read by the loosest class. */
const SOURCES: readonly DataSource[] = ['CLICKHOUSE', 'REPLICA', 'PRIMARY'];

function fromHeaders(headers?: ResponseHeaders | null): ServedFreshness | null {
  const header = (name: string) => headers?.get(name)?.toUpperCase() ?? null;
  const named = header('x-data-source');
  const source = SOURCES.find((one) => named?.includes(one));
  if (source === undefined) return null;
  const lag = header('x-actual-lag-ms');
  const servedClass = header('x-data-freshness');
  return {
    source,
    servedClass: servedClass === 'UNKNOWN' ? null : (servedClass as FreshnessClass | null),
    lagMs: lag === null || Number.isNaN(Number(lag)) ? null : Number(lag),
    stale: null,
    fellBack: null,
    reason: null,
    dataTimestamp: header('x-data-timestamp'),
    reads: [],
  };
}
