import type { ReadFreshness } from '../../freshness/freshness.ts';
import type { Metrics } from '../../observability/metrics.ts';

type ReadMetrics = Pick<Metrics, 'reads' | 'readFallbacks' | 'staleReads' | 'readLag'>;

/** Counts a read by the facts that its response reports. */
export function countRead(metrics: ReadMetrics, read: ReadFreshness): void {
  const { source, reason, lagMs } = read;
  metrics.reads.inc({ source, reason, class: read.requested.class });
  if (read.fellBack) metrics.readFallbacks.inc({ source, reason });
  if (read.stale) metrics.staleReads.inc({ source, class: read.requested.class });
  if (lagMs !== null) metrics.readLag.observe({ source }, lagMs / 1000);
}
