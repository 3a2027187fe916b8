import type { ShardId } from '../../domain/identifiers.ts';
import type { EntityReader } from '../entity-reader.ts';

/** A source that receives changes some time after the primary has them. */
export interface ReplicatedSource {
  readonly reader: EntityReader;
  /**
   * How far each of the shards has been applied: whatever is read afterwards contains all that committed before. A shard
   * of which nothing has arrived is left out.
   * @throws AtlasError SHARD_UNAVAILABLE | ANALYTICS_UNAVAILABLE | TIMEOUT
   */
  positions(shards: readonly ShardId[]): Promise<ReadonlyMap<ShardId, bigint>>;
}

export interface ShardSources {
  readonly shard: ShardId;
  readonly primary: EntityReader;
  /** In configured order. Each is one server: behind a load balancer, a position would not hold for the next read. */
  readonly replicas: readonly ReplicatedSource[];
}

export interface ReadSources {
  readonly shards: readonly ShardSources[];
  /** Null where there is none. */
  readonly clickhouse: ReplicatedSource | null;
}
