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
 * breaker closes as soon as its server answers a probe, without waiting for a request to try it.
 */
export function watchServers({ shards, replication, replicas, breakers, periodMs }: ServerWatchOptions): Service {
  const isUp = ({ shard, source, replica }: ServerBreaker): boolean => {
    if (source === 'REPLICA') return replication.replicas(shard)[Number(replica)]?.responds === true;
    const concerned = source === 'CLICKHOUSE' ? shards : [shard];
    return concerned.some((id) => replication.source(id, source).responds);
  };
  return new PeriodicTask('watch over servers', periodMs, async () => {
    for (const replica of replicas) replica.check();
    for (const server of breakers) if (server.breaker.isOpen && isUp(server)) server.breaker.close();
  });
}
