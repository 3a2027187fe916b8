import type { ShardId } from '../domain/identifiers.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { VerificationState } from '../verification/verification-state.ts';

/** Sets the gauges of the verification to what was stored last. */
export function recordVerification(metrics: Metrics, state: VerificationState, shards: readonly ShardId[]): void {
  for (const shard of shards) {
    const { ageMs, differences, completed } = state.shard(shard);
    metrics.verificationAge.set({ shard }, ageMs === null ? Number.NaN : ageMs / 1000);
    metrics.verificationDifferentRows.set({ shard }, differences);
    metrics.verificationComparedRows.set(
      { shard },
      completed === null ? Number.NaN : completed.entities + completed.values,
    );
    metrics.verificationRepairedRows.set({ shard }, completed?.repaired ?? Number.NaN);
  }
}
