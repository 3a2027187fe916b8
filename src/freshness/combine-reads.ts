import type { ReadFreshness } from './freshness.ts';
import { isWorseLag, older } from './measure-lag.ts';
import { nearest } from './positions.ts';
import { worseHealth } from './replication-health.ts';

/**
 * The freshness of an answer that several reads contributed to: that of the one furthest behind, with everything that
 * holds for any of them. The shard is null if they differ. For each shard, it contains only what all its reads contain.
 */
export function combineReads(reads: readonly ReadFreshness[]): ReadFreshness {
  return reads.reduce((a, b) => {
    const [worse, better] = isWorseLag(b.lagMs, a.lagMs) ? [b, a] : [a, b];
    return {
      ...worse,
      stale: a.stale || b.stale,
      fellBack: a.fellBack || b.fellBack,
      reason: isRegular(worse) ? better.reason : worse.reason,
      dataTimestamp: older(a.dataTimestamp, b.dataTimestamp),
      // A primary has none and needs none.
      sourceTimestamp:
        a.source === 'PRIMARY' || b.source === 'PRIMARY'
          ? (a.sourceTimestamp ?? b.sourceTimestamp)
          : older(a.sourceTimestamp, b.sourceTimestamp),
      health: worseHealth(a.health, b.health),
      shard: a.shard === b.shard ? a.shard : null,
      contains: nearest(a.contains, b.contains),
    };
  });
}

/** No source was passed over, and none missed its bound. */
function isRegular({ reason }: ReadFreshness): boolean {
  return reason === 'WITHIN_BOUND' || reason === 'PRIMARY_REQUIRED';
}
