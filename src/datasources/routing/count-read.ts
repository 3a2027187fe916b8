import { AtlasError, type ErrorCode } from '../../domain/errors.ts';
import type { FreshnessClass, ReadFreshness } from '../../freshness/freshness.ts';
import type { Metrics } from '../../observability/metrics.ts';

type ReadMetrics = Pick<Metrics, 'reads' | 'readFallbacks' | 'staleReads' | 'readLag' | 'freshnessReads'>;

/** Counts a read by the facts that its response reports. */
export function countRead(metrics: ReadMetrics, read: ReadFreshness): void {
  const { source, reason, lagMs } = read;
  const requested = read.requested.class;
  metrics.reads.count([source, reason, requested]);
  metrics.freshnessReads.count([requested, read.stale ? 'stale' : 'met']);
  if (read.fellBack) metrics.readFallbacks.count([source, reason]);
  if (read.stale) metrics.staleReads.count([source, requested]);
  if (lagMs !== null) metrics.readLag.observe({ source }, lagMs / 1000);
}

const NOT_SERVED: Partial<Record<ErrorCode, string>> = {
  FRESHNESS_UNAVAILABLE: 'refused',
  SHARD_UNAVAILABLE: 'unavailable',
  ANALYTICS_UNAVAILABLE: 'unavailable',
};

/** Counts a question that was not answered, unless that says nothing about the sources: it was too large, or its request has ended. */
export function countUnserved(
  metrics: Pick<Metrics, 'freshnessReads'>,
  requested: FreshnessClass,
  error: unknown,
): void {
  const outcome = error instanceof AtlasError ? NOT_SERVED[error.code] : undefined;
  if (outcome !== undefined) metrics.freshnessReads.count([requested, outcome]);
}
