import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { provenPosition } from '../../src/verification/proven-position.ts';
import { writtenPosition } from '../../src/watermarks/wal-position.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';

const INSERT = {
  text: `INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
    VALUES (1, $1, 'thing', 1, now(), now(), '{}')`,
};

describe('the proven position of a primary', () => {
  let cluster: TestCluster;
  let primary: PostgresPool;
  const { signal } = new AbortController();

  beforeAll(async () => {
    cluster = await startPostgresCluster();
    primary = new PostgresPool({
      ...{ shard: 's0', role: 'primary', url: cluster.endpoints.primary, size: 4 },
      ...{
        connectTimeoutMs: 5_000,
        statementTimeoutMs: 30_000,
        applicationName: 'test',
        logger: createLogger('silent'),
      },
    });
  });
  afterAll(async () => {
    await primary?.close();
    await cluster?.stop();
  });

  it('is the end of the WAL if nobody writes', async () => {
    const before = await writtenPosition(primary);
    expect(await provenPosition(primary, signal)).toBeGreaterThanOrEqual(before);
  });

  it('waits for the transactions that were writing entities: their commits may be in the WAL and not visible', async () => {
    let isProven = false;
    let proving: Promise<bigint | null> = Promise.resolve(null);
    await primary.transaction(async (session) => {
      await session.query({ ...INSERT, values: [1] });
      proving = provenPosition(primary, signal).finally(() => {
        isProven = true;
      });
      // Longer than a look at the locks takes.
      for (let query = 0; query < 20; query++) await primary.query({ text: 'SELECT 1', values: [] });
      expect(isProven).toBe(false);
    });
    expect(await proving).not.toBeNull();
    expect(isProven).toBe(true);
  });

  it('is not proven while one of them runs on', async () => {
    await primary.transaction(async (session) => {
      await session.query({ ...INSERT, values: [2] });
      expect(await provenPosition(primary, signal)).toBeNull();
    });
  });
});
