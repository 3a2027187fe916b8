import { describe, expect, it, onTestFinished } from 'vitest';
import { observePools } from '../../../src/connections/postgres/observe-pools.ts';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { Metrics } from '../../../src/observability/metrics.ts';
import { startPostgresCluster } from '../../support/postgres-cluster.ts';

describe('the metrics of pools', () => {
  it('show how many connections are idle and busy, and how many statements wait', async () => {
    const cluster = await startPostgresCluster({ migrated: false });
    onTestFinished(() => cluster.stop());
    const pool = new PostgresPool({
      shard: 's0',
      role: 'primary',
      url: cluster.endpoints.primary,
      size: 1,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 5_000,
      applicationName: 'atlas-test',
      logger: createLogger('silent'),
    });
    onTestFinished(() => pool.close());
    const metrics = new Metrics();
    observePools(metrics, [pool]);
    const select = { text: 'SELECT 1', values: [] };
    await pool.transaction(async (session) => {
      await session.query(select);
      const waiting = pool.query(select);
      expect(await metrics.text()).toContain('atlas_pool_connections{shard="s0",role="primary",state="busy"} 1');
      expect(await metrics.text()).toContain('atlas_pool_connections{shard="s0",role="primary",state="waiting"} 1');
      waiting.catch(() => {});
    });
    await pool.query(select);
    expect(await metrics.text()).toContain('atlas_pool_connections{shard="s0",role="primary",state="idle"} 1');
  });
});
