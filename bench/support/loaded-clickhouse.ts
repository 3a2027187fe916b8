import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openChdb } from '../../src/connections/clickhouse/chdb-pool.ts';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { ClickHouseEntityReader } from '../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { migrateClickHouse } from '../../src/migration/migrate-clickhouse.ts';
import { ClickHouseOwnership, OwnedClickHouse } from '../../src/migration/owned-clickhouse.ts';
import { createLogger } from '../../src/observability/logger.ts';

/** Of the rows that `fill` writes: the columns by which they belong to a copy of shard s0, with their values. */
export const COPY_COLUMNS = 'shard, copy_id, lsn, row_version, is_deleted';
export const COPY_VALUES = `'s0' AS shard, 1 AS copy_id, 99 AS lsn, 1 AS row_version, 0 AS is_deleted`;

/** Measures a reader of an embedded ClickHouse that has what `fill` writes, merged and covered by a watermark. */
export async function withLoadedClickHouse(
  clusterId: string,
  fill: (database: ClickHouseDatabase) => Promise<void>,
  measure: (reader: ClickHouseEntityReader, database: ClickHouseDatabase) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
  const database = await openChdb(directory, { connections: 4, timeoutMs: 120_000, memoryBytes: 8_000_000_000 });
  try {
    await migrateClickHouse(database, clusterId, (work) => work());
    await fill(database);
    await database.command(
      `INSERT INTO replication_watermark (shard, copy_id, lsn, heartbeat_at, pending_messages) VALUES ('s0', 1, 100, 1, 0)`,
    );
    for (const table of ['entity', 'entity_attribute']) await database.command(`OPTIMIZE TABLE ${table} FINAL`);
    const owned = new OwnedClickHouse(database, new ClickHouseOwnership(clusterId, createLogger('silent')));
    await measure(new ClickHouseEntityReader(owned, ['s0']), owned);
  } finally {
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
