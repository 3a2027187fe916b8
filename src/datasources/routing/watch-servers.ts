import type { ServerBreaker } from '../../connections/observe-breakers.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import type { DataSource } from '../../freshness/freshness.ts';
import type { ReplicationState } from '../../freshness/replication-state.ts';
import type { Service } from '../../lifecycle/lifecycle.ts';
import { PeriodicTask } from '../../lifecycle/periodic-task.ts';
import type { StatementWatch } from './statement-watch.ts';

export interface ServerWatchOptions {
  readonly shards: readonly ShardId[];
  readonly replication: ReplicationState;
  readonly watches: readonly StatementWatch[];
  readonly breakers: readonly ServerBreaker[];
  /** The period of the probes. */
  readonly periodMs: number;
}

/**
 * Applies what is known about the servers to the connections of requests: statements on a server that is down are aborted, and
 * a breaker closes with the first probe that its server answers, without waiting for a request to try it.
 */
export function watchServers({ shards, replication, watches, breakers, periodMs }: ServerWatchOptions): Service {
  for (const { shard, source, replica, breaker } of breakers) {
    breaker.follow(() => heardAt(replication, source === 'CLICKHOUSE' ? shards : [shard], source, Number(replica)));
  }
  return new PeriodicTask('watch over servers', periodMs, async () => {
    for (const watch of watches) watch.check();
  });
}

/**
 * When a server was last heard; null if it is down.
 * @param shards more than one only for ClickHouse.
 * @param replica its place in the configuration; any number for the other sources.
 */
export function heardAt(
  replication: ReplicationState,
  shards: readonly ShardId[],
  source: DataSource,
  replica: number,
): number | null {
  const states = shards.map((shard) =>
    source === 'REPLICA' ? replication.replicas(shard)[replica] : replication.source(shard, source),
  );
  return states.map((state) => state?.answeredAt ?? null).find((at) => at !== null) ?? null;
}
