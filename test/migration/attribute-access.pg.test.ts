import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import type { ShardEndpoints } from '../../src/domain/shard.ts';
import { migrateShards } from '../../src/migration/migrate-shards.ts';
import { migrationsDirectory, readMigrations } from '../../src/migration/migration-files.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { primaryPool } from '../support/postgres-pools.ts';

const options = { connectTimeoutMs: 2_000, logger: createLogger('silent') };
const placement = { kind: 'hash' } as const;
const migration = readMigrations(migrationsDirectory('postgres')).find(({ number }) => number === 8);

let clusters: TestCluster[] = [];
let shards: ShardEndpoints[] = [];
let pools: PostgresPool[] = [];

beforeAll(async () => {
  clusters = await Promise.all(
    ['s0', 's1'].map((shard) =>
      startPostgresCluster({ shard, migrated: false, settings: { wal_retrieve_retry_interval: '100ms' } }),
    ),
  );
  shards = clusters.map(({ endpoints }) => endpoints);
  pools = shards.map((shard) => primaryPool(shard));
  await migrateShards({ shards, placement }, options);
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
  await Promise.all(clusters.map((cluster) => cluster.stop()));
});

it('a shard that gets the column later than the home misses no definition', async () => {
  const [home, other] = pools;
  if (home === undefined || other === undefined) throw new Error('no shards');
  await other.query({ text: 'ALTER TABLE atlas.attribute_definition DROP COLUMN access', values: [] });
  await home.query({
    text: `INSERT INTO atlas.attribute_definition (tenant_id, key, type, access)
      VALUES (1, 'open', 'TEXT', '{}'), (1, 'salary', 'NUMBER', '{"read": ["hr"]}')`,
    values: [],
  });
  await other.query({ text: migration?.text ?? '', values: [] });
  await expect
    .poll(
      async () =>
        (await other.query({
          text: 'SELECT key, access FROM atlas.attribute_definition ORDER BY key',
          values: [],
        })) as unknown,
      { timeout: 30_000 },
    )
    .toEqual([
      { key: 'open', access: {} },
      { key: 'salary', access: { read: ['hr'] } },
    ]);
});
