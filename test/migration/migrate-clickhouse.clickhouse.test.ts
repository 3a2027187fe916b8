import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChdb } from '../../src/connections/clickhouse/chdb-pool.ts';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { migrateClickHouse } from '../../src/migration/migrate-clickhouse.ts';
import { migrationsDirectory, readMigrations } from '../../src/migration/migration-files.ts';
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
    expect(await migrateClickHouse(clickhouse, unlocked)).toEqual(files.map(({ name }) => name));
    expect(await migrateClickHouse(clickhouse, unlocked)).toEqual([]);
    const tables = await clickhouse.query<{ name: string }>('SHOW TABLES');
    expect(tables.map(({ name }) => name)).toEqual([
      'entity',
      'entity_attribute',
      'replication_watermark',
      'schema_migration',
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
    await migrateClickHouse(clickhouse, lock);
    expect(events).toEqual(['locked', 'released']);
  });

  it('rejects a file that was changed after it was applied', async () => {
    const changed = files.map((file) => ({ ...file, sha256: 'other' }));
    await expect(migrateClickHouse(clickhouse, unlocked, changed)).rejects.toThrow(
      'was changed after it was applied to ClickHouse',
    );
  });
});
