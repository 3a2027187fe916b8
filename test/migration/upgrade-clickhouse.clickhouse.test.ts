import { expect, it } from 'vitest';
import { migrateClickHouse } from '../../src/migration/migrate-clickhouse.ts';
import { migrationsDirectory, readMigrations } from '../../src/migration/migration-files.ts';
import { ClickHouseSink } from '../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { lookupOf } from '../replication/support/test-attributes.ts';
import { KEEP_COPIES, ofTestCluster, startClickHouse, TEST_CLUSTER } from '../support/clickhouse.ts';

const files = readMigrations(migrationsDirectory('clickhouse'));
const unlocked = <T>(work: () => Promise<T>) => work();

it('begins anew with copies, and refuses the rows of a replicator that does not know them', async () => {
  const upgraded = await startClickHouse({ migrated: false });
  try {
    const database = await upgraded.connect();
    await migrateClickHouse(database, TEST_CLUSTER, unlocked, { files: files.slice(0, 1) });
    const row = { tenant_id: 1, entity_id: 1, shard: 's0', type: 'thing', lsn: 5 };
    await database.insert('entity', [row]);
    await database.insert('replication_watermark', [{ shard: 's0', copy_id: '1700000000000000', lsn: '10' }]);
    await migrateClickHouse(database, TEST_CLUSTER, unlocked);
    const sink = new ClickHouseSink({
      ...{ clickhouse: ofTestCluster(database), shard: 's0', attributes: lookupOf([]) },
      ...KEEP_COPIES,
    });
    expect(await sink.position()).toBeNull();
    expect(await database.query('SELECT 1 FROM entity')).toEqual([]);
    await expect(database.insert('entity', [row])).rejects.toThrow(/belongs_to_a_copy/);
    const attributeRow = { tenant_id: 1, attribute_id: 1, entity_id: 1, shard: 's0', lsn: 5 };
    await expect(database.insert('entity_attribute', [attributeRow])).rejects.toThrow(/belongs_to_a_copy/);
  } finally {
    await upgraded.stop();
  }
});

it('keeps the copies that are there, and knows from then on whether they lose rows', async () => {
  const upgraded = await startClickHouse({ migrated: false });
  try {
    const database = await upgraded.connect();
    await migrateClickHouse(database, TEST_CLUSTER, unlocked, { files: files.slice(0, 3) });
    const keys = { tenant_id: 1, entity_id: 1, shard: 's0', copy_id: '7', lsn: '5' };
    await database.insert('entity', [{ ...keys, type: 'thing' }]);
    await database.insert('entity_attribute', [{ ...keys, attribute_id: 1, value_number: 1 }]);
    await database.insert('replication_watermark', [{ shard: 's0', copy_id: '7', lsn: '10' }]);
    await migrateClickHouse(database, TEST_CLUSTER, unlocked);
    const sink = new ClickHouseSink({
      ...{ clickhouse: ofTestCluster(database), shard: 's0', attributes: lookupOf([]) },
      ...KEEP_COPIES,
    });
    expect(await sink.position()).toEqual({ copyId: 7n, lsn: 10n, heartbeatAt: null });
    for (const table of ['entity', 'entity_attribute']) {
      expect(await database.query(`SELECT tenant_id FROM ${table} FINAL`)).toEqual([{ tenant_id: 1 }]);
    }
    await database.command('TRUNCATE TABLE entity_attribute');
    expect(await sink.position()).toBeNull();
  } finally {
    await upgraded.stop();
  }
});
