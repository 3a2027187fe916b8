import type { Metrics } from '../observability/metrics.ts';
import type { PermitWaits } from './permits.ts';

/** Connections that statements may wait for. */
export interface WaitedFor {
  /** Empty for ClickHouse. */
  readonly shard: string;
  readonly role: 'primary' | 'replica' | 'clickhouse';
  readonly waits: PermitWaits;
}

/** Shows at every scrape how statements have waited for connections; those of one shard's replicas are added up. */
export function observeWaits(metrics: Metrics, pools: readonly WaitedFor[]): void {
  const { poolWaits, poolWaitSeconds } = metrics;
  metrics.beforeScrape(() => {
    poolWaits.reset();
    poolWaitSeconds.reset();
    for (const { shard, role, waits } of pools) {
      poolWaits.inc({ shard, role, outcome: 'connection' }, waits.granted);
      poolWaits.inc({ shard, role, outcome: 'timeout' }, waits.timedOut);
      poolWaits.inc({ shard, role, outcome: 'ended' }, waits.aborted);
      poolWaitSeconds.inc({ shard, role }, waits.ms / 1_000);
    }
  });
}
