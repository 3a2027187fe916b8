import type { ShardId } from '../../domain/identifiers.ts';
import type { EntityReader } from '../entity-reader.ts';
import type { FallbackLimit } from './fallback-limit.ts';
import type { ReplicatedSource } from './replicated-source.ts';

export interface ShardSources {
  readonly shard: ShardId;
  readonly primary: EntityReader;
  /** The same, but it leaves to ClickHouse what has not changed lately; nothing does unless given. */
  readonly mergedPrimary?: EntityReader;
  /** In configured order. Each is one server: behind a load balancer, a position would not hold for the next read. */
  readonly replicas: readonly ReplicatedSource[];
  /** Bounds the reads that fall back to the primary; nothing does unless given. */
  readonly fallbacks?: Pick<FallbackLimit, 'isReached' | 'run'>;
}

export interface ReadSources {
  readonly shards: readonly ShardSources[];
  /** Null if none is configured. */
  readonly clickhouse: ReplicatedSource | null;
}
