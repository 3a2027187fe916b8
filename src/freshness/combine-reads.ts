import type { ReadFreshness } from './freshness.ts';
import { isWorseLag, older } from './measure-lag.ts';
import { furthest, nearest } from './positions.ts';
import { worseHealth } from './replication-health.ts';

/**
 * The freshness of an answer that several reads with one requirement contributed to. Source, lag, class, reason, `stale` and
 * `fellBack` are those of one read, the one furthest behind, so that they explain each other. `stale` is true if it is of
 * any of them, because with one bound the read furthest behind misses it first. Timestamps, health and positions hold for
 * all of them. The shard is null if they differ.
 */
export function combineReads(reads: readonly ReadFreshness[]): ReadFreshness {
  return reads.reduce((a, b) => ({
    ...(isWorse(b, a) ? b : a),
    dataTimestamp: older(a.dataTimestamp, b.dataTimestamp),
    // A primary has none and needs none.
    sourceTimestamp:
      a.source === 'PRIMARY' || b.source === 'PRIMARY'
        ? (a.sourceTimestamp ?? b.sourceTimestamp)
        : older(a.sourceTimestamp, b.sourceTimestamp),
    health: worseHealth(a.health, b.health),
    shard: a.shard === b.shard ? a.shard : null,
    contains: nearest(a.contains, b.contains),
    shows: furthest(a.shows, b.shows),
  }));
}

/** Further behind; of two equally far, the one that is stale or fell back: a replica without lag is stale for REALTIME. */
function isWorse(a: ReadFreshness, b: ReadFreshness): boolean {
  if (a.lagMs !== b.lagMs) return isWorseLag(a.lagMs, b.lagMs);
  return a.stale === b.stale ? a.fellBack && !b.fellBack : a.stale;
}
