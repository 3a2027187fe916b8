import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openChdb } from '../../src/connections/clickhouse/chdb-pool.ts';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { outcomeOf } from '../../src/domain/source-error.ts';
import { migrateClickHouse } from '../../src/migration/migrate-clickhouse.ts';
import { migrationsDirectory, readMigrations } from '../../src/migration/migration-files.ts';
import { ClickHouseOwnership, OwnedClickHouse } from '../../src/migration/owned-clickhouse.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { readWatermarks } from '../../src/watermarks/clickhouse-watermarks.ts';
import { TEST_CLUSTER } from '../support/clickhouse.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

const files = readMigrations(migrationsDirectory('clickhouse'));
const unlocked = <T>(work: () => Promise<T>) => work();

describe('a statement on the ClickHouse of this installation', () => {
  let path: string;
  let clickhouse: ClickHouseDatabase;
  let owned: ClickHouseDatabase;

  beforeEach(async () => {
    path = temporaryDirectory('owned-clickhouse');
    clickhouse = await openChdb(path, { timeoutMs: 10_000, memoryBytes: 500_000_000, connections: 1 });
    owned = new OwnedClickHouse(clickhouse, new ClickHouseOwnership(TEST_CLUSTER, createLogger('silent')));
  });
  afterEach(async () => {
    await clickhouse?.close();
    rmSync(path, { recursive: true, force: true });
  });

  const migrate = (upTo?: number) =>
    migrateClickHouse(clickhouse, TEST_CLUSTER, unlocked, { files: files.slice(0, upTo) });
  const read = () => readWatermarks(owned, ['s0']);

  async function expectNotSetUp(): Promise<void> {
    const error = await read().catch((thrown: unknown) => thrown);
    expect(outcomeOf(error)).toBe('down');
    expect(error).toMatchObject({
      code: 'ANALYTICS_UNAVAILABLE',
      message: 'ClickHouse is not set up; run "atlas migrate".',
    });
  }

  it('finds that it is not set up, at every step of a migration', async () => {
    await expectNotSetUp();
    for (let upTo = 0; upTo < files.length; upTo++) {
      await migrate(upTo);
      await expectNotSetUp();
    }
    await migrate();
    expect(await read()).toEqual(new Map());
  });

  it('finds so too after it was used, emptied, and is being migrated again', async () => {
    await migrate();
    await read();
    for (const table of ['replication_watermark', 'schema_migration']) await clickhouse.command(`DROP TABLE ${table}`);
    await expectNotSetUp();
    await migrate(1);
    await expectNotSetUp();
  });

  it('gets the error of the engine if the schema is complete', async () => {
    await migrate();
    await expect(owned.query('SELECT no_such_column FROM replication_watermark')).rejects.toThrow('no_such_column');
  });
});
