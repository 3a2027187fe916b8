import pg from 'pg';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { startPostgresCluster } from '../support/postgres-cluster.ts';

describe('an embedded Postgres', async () => {
  const cluster = await startPostgresCluster({ replica: true });
  afterAll(() => cluster.stop());

  it('streams what the primary commits to the replica', async () => {
    await query(cluster.endpoints.primary, 'CREATE TABLE t AS SELECT 7 AS n');
    const [replica = ''] = cluster.endpoints.replicas;
    await vi.waitFor(async () => expect(await query(replica, 'SELECT n FROM t')).toEqual([{ n: 7 }]), 5_000);
  });
});

async function query(connectionString: string, text: string): Promise<object[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
