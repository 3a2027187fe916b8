import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChdb } from '../../src/connections/clickhouse/chdb-pool.ts';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { UnusableClickHouseError, verifyClickHouse } from '../../src/migration/clickhouse-owner.ts';
import { migrateClickHouse } from '../../src/migration/migrate-clickhouse.ts';
import { migrationsDirectory, readMigrations } from '../../src/migration/migration-files.ts';
import { TEST_CLUSTER } from '../support/clickhouse.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

const files = readMigrations(migrationsDirectory('clickhouse'));
const unlocked = <T>(work: () => Promise<T>) => work();

describe('migrating ClickHouse', () => {
  let path: string;
  let clickhouse: ClickHouseDatabase;

  beforeAll(async () => {
    path = temporaryDirectory('migrate-clickhouse');
    clickhouse = await openChdb(path, { timeoutMs: 10_000, memoryBytes: 500_000_000, connections: 1 });
  });
  afterAll(async () => {
    await clickhouse?.close();
    rmSync(path, { recursive: true, force: true });
  });

  it('applies every file once', async () => {
    expect(await migrateClickHouse(clickhouse, TEST_CLUSTER, unlocked)).toEqual(files.map(({ name }) => name));
    expect(await migrateClickHouse(clickhouse, TEST_CLUSTER, unlocked)).toEqual([]);
    const tables = await clickhouse.query<{ name: string }>('SHOW TABLES');
    expect(tables.map(({ name }) => name)).toEqual([
      'attribute_definition',
      'audit',
      'entity',
      'entity_attribute',
      'entity_change',
      'entity_type',
      'history_start',
      'installation',
      'replication_watermark',
      'schema_migration',
      'tenant_history_start',
      'verification',
    ]);
  });

  it('merges the tables that grow with every batch in wide steps', async () => {
    const wide = await clickhouse.query<{ name: string }>(
      `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine_full LIKE '%merge_selector_base = 10%' ORDER BY name`,
    );
    expect(wide.map(({ name }) => name)).toEqual([
      ...['audit', 'entity', 'entity_attribute', 'entity_change', 'replication_watermark'],
    ]);
  });

  it('holds the lock while it works', async () => {
    const events: string[] = [];
    const lock = async <T>(work: () => Promise<T>) => {
      events.push('locked');
      const result = await work();
      events.push('released');
      return result;
    };
    await migrateClickHouse(clickhouse, TEST_CLUSTER, lock);
    expect(events).toEqual(['locked', 'released']);
  });

  it('rejects a file that was changed after it was applied', async () => {
    const changed = files.map((file) => ({ ...file, sha256: 'other' }));
    await expect(migrateClickHouse(clickhouse, TEST_CLUSTER, unlocked, { files: changed })).rejects.toThrow(
      'was changed after it was applied to ClickHouse',
    );
  });

  describe('a database of one installation', () => {
    const [OTHER, THIRD] = ['9b2d1f1e-0000-4000-8000-000000000001', '9b2d1f1e-0000-4000-8000-000000000002'];
    const FOREIGN = 'ClickHouse holds the data of another installation; set ATLAS_CLICKHOUSE_URL to another database.';

    it('is refused to another one, and stays as it is', async () => {
      await expect(migrateClickHouse(clickhouse, OTHER, unlocked)).rejects.toThrow(FOREIGN);
      await expect(verifyClickHouse(clickhouse, OTHER)).rejects.toThrow(UnusableClickHouseError);
      await expect(verifyClickHouse(clickhouse, OTHER)).rejects.toThrow(FOREIGN);
      await verifyClickHouse(clickhouse, TEST_CLUSTER);
    });

    it('is adopted by the first that migrates it, if it has no owner yet', async () => {
      await clickhouse.command('DROP VIEW installation');
      await expect(verifyClickHouse(clickhouse, OTHER)).rejects.toThrow(
        'ClickHouse is not set up; run "atlas migrate".',
      );
      const claims = await Promise.allSettled(
        [OTHER, THIRD].map((cluster) => migrateClickHouse(clickhouse, cluster, unlocked)),
      );
      expect(claims.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    it('is not claimed with an id that is not one', async () => {
      await expect(migrateClickHouse(clickhouse, "' OR 1", unlocked)).rejects.toThrow('expected a UUID');
    });
  });
});
