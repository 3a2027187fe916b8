import { expect, it, onTestFinished } from 'vitest';
import { Breaker } from '../../../src/connections/breaker.ts';
import { down } from '../../../src/connections/postgres/translate-postgres-error.ts';
import { StatementWatch } from '../../../src/datasources/routing/statement-watch.ts';
import { WatchedServer } from '../../../src/datasources/routing/watched-server.ts';
import { startPostgresCluster } from '../../support/postgres-cluster.ts';
import { primaryPool } from '../../support/postgres-pools.ts';
import { postgresQuery } from '../../support/postgres-query.ts';

it('cancels the running statements once the server is found down, and counts them as failures', async () => {
  const cluster = await startPostgresCluster({ migrated: false });
  onTestFinished(() => cluster.stop());
  const breaker = new Breaker({ failures: 2, cooldownMs: 1_000, clock: { now: () => 0 } });
  const pool = primaryPool(cluster.endpoints, { applicationName: 'atlas-watched', breaker });
  onTestFinished(() => pool.close());
  const running = () =>
    postgresQuery(
      cluster.endpoints.primary,
      "SELECT 1 FROM pg_stat_activity WHERE application_name = 'atlas-watched' AND state <> 'idle'",
    );
  let isDown = false;
  const watch = new StatementWatch({
    heardAt: () => (isDown ? null : 0),
    onAnswer: () => {},
    down: () => down(pool),
    clock: { now: () => 0 },
  });
  const watched = new WatchedServer(pool, watch);
  const sleep = { text: 'SELECT pg_sleep(60)', values: [] };
  const reads = Promise.allSettled([watched.query(sleep), watched.query(sleep)]);
  await expect.poll(running).toHaveLength(2);
  isDown = true;
  watch.check();
  const rejected = { status: 'rejected', reason: { code: 'SHARD_UNAVAILABLE', outcome: 'down' } };
  expect(await reads).toMatchObject([rejected, rejected]);
  await expect.poll(running).toEqual([]);
  expect(breaker.isOpen).toBe(true);
});
