import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresListener } from '../../../src/connections/postgres/postgres-listener.ts';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';

const logger = createLogger('silent');

describe('a listener', () => {
  let cluster: TestCluster;
  let pool: PostgresPool;
  const started: PostgresListener[] = [];

  async function listen() {
    const seen = { connects: 0, payloads: [] as string[] };
    const listener = new PostgresListener(
      {
        url: cluster.endpoints.primary,
        channel: 'News',
        connectTimeoutMs: 1_000,
        applicationName: 'atlas-listener',
        logger,
      },
      {
        onConnect: () => {
          seen.connects += 1;
        },
        onNotification: (payload) => seen.payloads.push(payload),
      },
    );
    started.push(listener);
    await listener.start();
    return seen;
  }
  const notify = (payload: string) => pool.query({ text: 'SELECT pg_notify($1, $2)', values: ['News', payload] });

  beforeAll(async () => {
    cluster = await startPostgresCluster({ migrated: false });
    pool = new PostgresPool({
      shard: 's0',
      role: 'primary',
      url: cluster.endpoints.primary,
      size: 1,
      connectTimeoutMs: 1_000,
      statementTimeoutMs: 5_000,
      applicationName: 'atlas-test',
      logger,
    });
  });
  afterAll(async () => {
    for (const listener of started) await listener.stop();
    await pool?.close();
    await cluster?.stop();
  });

  it('receives the notifications on its channel', async () => {
    const seen = await listen();
    await notify('hello');
    await expect.poll(() => seen).toEqual({ connects: 1, payloads: ['hello'] });
  });

  it('reconnects after its connection is terminated, and reports that it may have missed notifications', async () => {
    const seen = await listen();
    await pool.query({
      text: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'atlas-listener'",
      values: [],
    });
    await expect.poll(() => seen.connects).toBe(2);
    await notify('again');
    await expect.poll(() => seen.payloads).toEqual(['again']);
  });

  it('starts while the server is down, and listens once it is up', async () => {
    await cluster.primary.stop('immediate');
    const seen = await listen();
    expect(seen.connects).toBe(0);
    await cluster.primary.start();
    await expect.poll(() => seen.connects, { timeout: 10_000 }).toBe(1);
  });
});
