import type { SnapshotProgress } from './source/snapshot-copy.ts';

/**
 * `standby`: another replicator serves the shard. `retrying`: something does not answer, and nothing is lost.
 * `failed`: nothing goes on until somebody repairs what `lastError` names.
 */
export type ReplicationPhase = 'connecting' | 'standby' | 'snapshot' | 'streaming' | 'retrying' | 'failed' | 'stopped';

export interface ShardReplicationState {
  readonly phase: ReplicationPhase;
  /** What keeps it from going on; null while nothing does. */
  readonly lastError: string | null;
  /** Changes received, but not yet in ClickHouse. */
  readonly pendingMessages: number;
  /** Of the copy that is under way. */
  readonly snapshotProgress: SnapshotProgress | null;
}
