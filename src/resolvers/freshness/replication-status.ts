import type { ShardId } from '../../domain/identifiers.ts';
import type { DataSource } from '../../freshness/freshness.ts';
import { worstHealth } from '../../freshness/replication-health.ts';
import type { ReplicationState, SourceState } from '../../freshness/replication-state.ts';
import type { ReplicationStatus, ShardReplication, SourceStatus } from '../../generated/resolver-types.ts';
import type { RequestContext } from '../request-context.ts';
import { clampedInt } from '../scalars.ts';

/** What the last probes found for every shard. */
export function replicationStatus({ shards, replication, clock }: RequestContext): ReplicationStatus {
  const states = shards.shards.map(({ id }) => shardReplication(id, replication));
  const healths = states.flatMap(({ sources, changeStream }) => [...sources, changeStream].map(({ health }) => health));
  return {
    timestamp: new Date(clock.now()),
    health: worstHealth(healths),
    shards: states,
  };
}

function shardReplication(shard: ShardId, replication: ReplicationState): ShardReplication {
  const { health, lagBytes, lagMessages } = replication.changeStream(shard);
  return {
    shard,
    sources: [
      sourceStatus('PRIMARY', replication.source(shard, 'PRIMARY')),
      ...replication.replicas(shard).map((state) => sourceStatus('REPLICA', state)),
      ...(replication.hasClickHouse ? [sourceStatus('CLICKHOUSE', replication.source(shard, 'CLICKHOUSE'))] : []),
    ],
    changeStream: { health, lagBytes: wholeNumber(lagBytes), lagMessages: wholeNumber(lagMessages) },
  };
}

function sourceStatus(source: DataSource, { health, lagMs }: SourceState): SourceStatus {
  return { source, health, lagMs: lagMs === null ? null : clampedInt(Math.ceil(lagMs)) };
}

function wholeNumber(value: number | null): bigint | null {
  return value === null ? null : BigInt(Math.ceil(value));
}
