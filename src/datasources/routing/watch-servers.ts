import type { ServerBreaker } from '../../connections/observe-breakers.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import type { ReplicationState } from '../../freshness/replication-state.ts';
import type { Service } from '../../lifecycle/lifecycle.ts';
import { PeriodicTask } from '../../lifecycle/periodic-task.ts';
import type { WatchedServer } from './watched-server.ts';

export interface ServerWatchOptions {
  readonly shards: readonly ShardId[];
  readonly replication: ReplicationState;
  readonly replicas: readonly WatchedServer[];
  readonly breakers: readonly ServerBreaker[];
  /** The period of the probes. */
  readonly periodMs: number;
}

/**
 * Applies the results of the probes to the connections of requests: statements on a replica that is down are aborted, and a
 * breaker closes with the first probe that its server answers, without waiting for a request to try it.
 */
export function watchServers({ shards, replication, replicas, breakers, periodMs }: ServerWatchOptions): Service {
  const answeredAt = ({ shard, source, replica }: ServerBreaker): number | null => {
    if (source === 'REPLICA') return replication.replicas(shard)[Number(replica)]?.answeredAt ?? null;
    const concerned = source === 'CLICKHOUSE' ? shards : [shard];
    return concerned.map((id) => replication.source(id, source).answeredAt).find((at) => at !== null) ?? null;
  };
  for (const server of breakers) server.breaker.follow(() => answeredAt(server));
  return new PeriodicTask('watch over replicas', periodMs, async () => {
    for (const replica of replicas) replica.check();
  });
}
