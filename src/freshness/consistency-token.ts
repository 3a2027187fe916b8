import type { ShardId } from '../domain/identifiers.ts';

/** The positions, per shard, that a read must have reached. */
export interface ConsistencyToken {
  /** Identifies the set of clusters, so that a token of another installation is refused. */
  readonly cluster: string;
  readonly positions: ReadonlyMap<ShardId, bigint>;
}
