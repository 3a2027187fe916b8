import type { ShardId } from '../../domain/identifiers.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { Miss } from '../../freshness/freshness-unavailable.ts';
import type { ReplicationState } from '../../freshness/replication-state.ts';
import { type MissedSource, untilAll, untilReached, untilWithin } from '../../freshness/retry-after.ts';

/**
 * When a replicated source that has missed a requirement will meet it, in milliseconds from now; null if nobody can say.
 * @param heartbeatMs the period of the heartbeats.
 * @param replica the place of a replica in the configuration; any number for ClickHouse.
 */
export function untilMet(
  requirement: FreshnessRequirement,
  missed: Miss,
  shards: readonly ShardId[],
  replica: number,
  heartbeatMs: number,
  replication: ReplicationState,
): number | null {
  const { source, reason } = missed;
  if (reason === 'SOURCE_BUSY') return missed.freeInMs ?? null;
  if (source === 'PRIMARY' || reason === 'SOURCE_DOWN') return null;
  const estimates = shards.map((shard) => {
    const state = source === 'REPLICA' ? replication.replicas(shard)[replica] : replication.source(shard, source);
    const known: MissedSource = {
      // Of several shards, the read has measured only the worst.
      lagMs: shards.length === 1 && missed.lagMs !== null ? missed.lagMs : (state?.probedLagMs ?? null),
      progress: replication.progress(shard, source, replica),
    };
    if (reason !== 'TOKEN_NOT_REACHED') return untilWithin(known, requirement.maxLagMs, heartbeatMs);
    const position = requirement.after?.positions.get(shard);
    return position === undefined ? 0 : untilReached(known, position);
  });
  return untilAll(estimates);
}
