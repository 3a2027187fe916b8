import { rmSync } from 'node:fs';
import { openChdb } from '../../src/connections/clickhouse/chdb-pool.ts';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { migrateClickHouse } from '../../src/migration/migrate-clickhouse.ts';
import { ClickHouseOwnership, OwnedClickHouse } from '../../src/migration/owned-clickhouse.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { temporaryDirectory } from './run-directory.ts';

/** The installation that the databases of the tests belong to. */
export const TEST_CLUSTER = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';

export interface TestClickHouse {
  /** The engine supports one data path per process, with any number of connections. */
  readonly path: string;
  /** Separate connections, one for each concurrent statement. */
  connect(connections?: number): Promise<ClickHouseDatabase>;
  /** Closes every connection and removes the data. */
  stop(): Promise<void>;
}

/** For a sink whose unused copies do not matter. */
export const KEEP_COPIES = { retentionMs: 3_600_000, clock: systemClock };

/** As the processes of the test installation use it. */
export function ofTestCluster(database: ClickHouseDatabase): ClickHouseDatabase {
  return new OwnedClickHouse(database, new ClickHouseOwnership(TEST_CLUSTER, createLogger('silent')));
}

/** ClickHouse in this process, with its own data directory and all migrations applied. */
export async function startClickHouse(options: { migrated?: boolean } = {}): Promise<TestClickHouse> {
  const path = temporaryDirectory('clickhouse');
  const open: ClickHouseDatabase[] = [];
  const openOne = async (connections = 1) => {
    const database = await openChdb(path, { connections, timeoutMs: 10_000, memoryBytes: 1_000_000_000 });
    open.push(database);
    return database;
  };
  const stop = async () => {
    await Promise.all(open.map((database) => database.close()));
    rmSync(path, { recursive: true, force: true });
  };
  const first = await openOne();
  if (options.migrated !== false) await migrateClickHouse(first, TEST_CLUSTER, (work) => work());
  const connect = async (connections?: number) => ofTestCluster(await openOne(connections));
  return { path, connect: options.migrated === false ? openOne : connect, stop };
}
