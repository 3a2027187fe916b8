import type { DataSource } from '../freshness/freshness.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Breaker } from './breaker.ts';

/** The breaker of one server. `shard` is empty for ClickHouse; `replica` is a replica's number, otherwise empty. */
export interface ServerBreaker {
  readonly shard: string;
  readonly source: DataSource;
  readonly replica: string;
  readonly breaker: Breaker;
}

/** Shows at every scrape which breakers are open. */
export function observeBreakers(metrics: Metrics, breakers: readonly ServerBreaker[]): void {
  metrics.beforeScrape(() => {
    for (const { shard, source, replica, breaker } of breakers) {
      metrics.breakerOpen.set({ shard, source, replica }, breaker.isOpen ? 1 : 0);
    }
  });
}
