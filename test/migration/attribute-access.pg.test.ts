import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import type { ShardEndpoints } from '../../src/domain/shard.ts';
import { migrateShard } from '../../src/migration/migrate-shard.ts';
import { migrateShards } from '../../src/migration/migrate-shards.ts';
import { migrationsDirectory, readMigrations } from '../../src/migration/migration-files.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { primaryPool } from '../support/postgres-pools.ts';

const options = { connectTimeoutMs: 2_000, logger: createLogger('silent') };
const placement = { kind: 'hash' } as const;
const files = readMigrations(migrationsDirectory('postgres'));
const before = files.filter(({ number }) => number < 8);

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
  await migrateShards({ shards, placement }, options, before);
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
  await Promise.all(clusters.map((cluster) => cluster.stop()));
});

it('keeps the catalog replicated while the shards get the column one after the other', async () => {
  const [home, other] = pools;
  if (home === undefined || other === undefined) throw new Error('no shards');
  const define = (key: string, column = '', value = '') =>
    home.query({
      text: `INSERT INTO atlas.attribute_definition (tenant_id, key, type${column}) VALUES (1, $1, 'TEXT'${value})`,
      values: [key],
    });
  await define('earlier');
  await migrateShard(home, files);
  await define('salary', ', access', `, '{"read": ["hr"]}'`);
  await migrateShards({ shards, placement }, options);
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
      { key: 'earlier', access: {} },
      { key: 'salary', access: { read: ['hr'] } },
    ]);
});
