import type { DistributionCell } from '../../domain/analytics.ts';
import { compareUtf8 } from '../../lib/compare-utf8.ts';

/** Adds up the cells of all shards: an entity lives on one shard, so distinct counts add. Ordered by group, then bucket. */
export function mergeCells(parts: readonly (readonly DistributionCell[])[]): readonly DistributionCell[] {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const groups = new Map<string | null, Map<number, bigint>>();
  for (const { group, bucket, count } of parts.flat()) {
    const buckets = groups.get(group) ?? new Map<number, bigint>();
    groups.set(group, buckets.set(bucket, (buckets.get(bucket) ?? 0n) + count));
  }
  return [...groups]
    .sort(([a], [b]) => compareUtf8(a ?? '', b ?? ''))
    .flatMap(([group, buckets]) =>
      [...buckets].sort(([a], [b]) => a - b).map(([bucket, count]) => ({ group, bucket, count })),
    );
}
