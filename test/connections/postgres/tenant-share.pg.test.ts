import { expect, it, onTestFinished } from 'vitest';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { startPostgresCluster } from '../../support/postgres-cluster.ts';

it('a tenant that floods a pool leaves a connection to the next one', async () => {
  const cluster = await startPostgresCluster({ migrated: false });
  onTestFinished(() => cluster.stop());
  const pool = new PostgresPool({
    shard: 's0',
    role: 'primary',
    url: cluster.endpoints.primary,
    size: 3,
    mostPerTenant: 2,
    connectTimeoutMs: 60_000,
    statementTimeoutMs: 60_000,
    applicationName: 'atlas-test',
    logger: createLogger('silent'),
  });
  onTestFinished(() => pool.close());
  const flood = new AbortController();
  const hold = { tenant: 1, text: 'SELECT pg_sleep(60)', values: [] };
  const held = Array.from({ length: 20 }, () => pool.query(hold, flood.signal).catch(() => 'ended'));
  expect(pool.usage.waiting).toBe(18);
  expect(await pool.query({ tenant: 2, text: 'SELECT 1 AS one', values: [] })).toEqual([{ one: 1 }]);
  flood.abort();
  expect(new Set(await Promise.all(held))).toEqual(new Set(['ended']));
});
