import type { DataSource } from '../../freshness/freshness.ts';
import type { Metrics } from '../../observability/metrics.ts';

/** The reads of one source that pass a token and have not begun. `shard` is empty for ClickHouse; `replica` is a replica's number, otherwise empty. */
export interface SourceWaiters {
  readonly shard: string;
  readonly source: DataSource;
  readonly replica: string;
  /** Their token has not been reached, or they have not yet been told. */
  readonly token: number;
  /** Their token has been reached; they wait for a connection. */
  readonly connection: number;
}

/** Shows at every scrape how many reads wait. */
export function observeWaiters(metrics: Metrics, waiters: () => readonly SourceWaiters[]): void {
  metrics.beforeScrape(() => {
    for (const { shard, source, replica, token, connection } of waiters()) {
      metrics.tokenWaitingReads.set({ shard, source, replica, for: 'token' }, token);
      metrics.tokenWaitingReads.set({ shard, source, replica, for: 'connection' }, connection);
    }
  });
}
