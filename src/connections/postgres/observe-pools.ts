import type { Metrics } from '../../observability/metrics.ts';
import type { PoolUsage, PostgresPool } from './postgres-pool.ts';

const STATES: readonly (keyof PoolUsage)[] = ['idle', 'busy', 'waiting'];

/** Shows how the pools are used at every scrape; those of one shard's replicas are added up. */
export function observePools(metrics: Metrics, pools: readonly PostgresPool[]): void {
  metrics.beforeScrape(() => {
    metrics.poolConnections.reset();
    for (const { shard, role, usage } of pools) {
      for (const state of STATES) metrics.poolConnections.inc({ shard, role, state }, usage[state]);
    }
  });
}
