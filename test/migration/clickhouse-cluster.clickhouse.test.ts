import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examineConfig } from '../../src/config/examine-config.ts';
import { openChdb } from '../../src/connections/clickhouse/chdb-pool.ts';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { clickhouseReplicas } from '../../src/entrypoints/doctor/checks/clickhouse-replicas.ts';
import { checkCluster, onCluster, tableOf } from '../../src/migration/clickhouse-cluster.ts';
import { isReplicated } from '../../src/migration/is-replicated.ts';
import { migrateClickHouse, statementsOf } from '../../src/migration/migrate-clickhouse.ts';
import { migrationsDirectory, readMigrations } from '../../src/migration/migration-files.ts';
import { readWatermarks } from '../../src/watermarks/clickhouse-watermarks.ts';
import { startChdbWithKeeper } from '../support/chdb-with-keeper.ts';
import { ofTestCluster, TEST_CLUSTER } from '../support/clickhouse.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

const CLUSTER = { name: 'atlas', clusterId: TEST_CLUSTER };
const statements = readMigrations(migrationsDirectory('clickhouse')).flatMap(({ text }) => statementsOf(text));
const DOCUMENT = readFileSync('docs/clickhouse-cluster.md', 'utf8');
const block = (language: string) => DOCUMENT.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? '';
/** As documented, and with a cluster that must be refused. */
const CONFIGURATION = block('xml').replace(
  '<remote_servers>',
  `<remote_servers><sharded>${'<shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard>'.repeat(2)}</sharded>`,
);
const unlocked = <T>(work: () => Promise<T>) => work();

/** The engine has replicated tables here, and a Keeper, but no other server: see startChdbWithKeeper. */
describe('the tables of a ClickHouse cluster', () => {
  let path: string;
  let keeper: { close(): void };
  let clickhouse: ClickHouseDatabase;
  let single: ClickHouseDatabase;

  beforeAll(async () => {
    path = temporaryDirectory('clickhouse-cluster');
    keeper = startChdbWithKeeper(path, CONFIGURATION);
    const open = () => openChdb(path, { timeoutMs: 10_000, memoryBytes: 500_000_000, connections: 1 });
    clickhouse = await open();
    single = await open();
    await single.command('CREATE DATABASE single');
    await single.command('USE single');
  });
  afterAll(async () => {
    // The engine does not end while it tries to activate replicated tables.
    await clickhouse?.command('DROP DATABASE atlas SYNC');
    await clickhouse?.close();
    await single?.close();
    keeper?.close();
    rmSync(path, { recursive: true, force: true });
  });

  const tables = (database: ClickHouseDatabase) =>
    database.query<{ name: string; engine: string; sorting_key: string; partition_key: string; columns: string[] }>(
      `SELECT name, engine, sorting_key, primary_key, partition_key,
         (SELECT arraySort(groupArray((table, name, type, default_expression, compression_codec))) FROM system.columns WHERE database = currentDatabase() AND table = t.name) AS columns
       FROM system.tables t WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name`,
    );

  it('is what the engine understands every statement of the migrations to make on every server', async () => {
    for (const statement of statements) {
      const form = onCluster(statement, CLUSTER);
      const [row] = await clickhouse.query<{ text: string }>('SELECT formatQuery({form:String}) AS text', { form });
      const isReplicatedByItself = /^INSERT INTO/.test(form);
      expect(row?.text.includes('ON CLUSTER atlas')).toBe(!isReplicatedByItself);
    }
  });

  it('need rights that the engine understands as documented', async () => {
    const documented = statementsOf(block('sql'));
    expect(documented).toHaveLength(4);
    for (const statement of documented) {
      const [row] = await clickhouse.query<{ text: string }>('SELECT formatQuery({statement:String}) AS text', {
        statement,
      });
      expect(row?.text).toMatch(/ON CLUSTER atlas/);
    }
  });

  it('have settings of their own on every server', () => {
    const [setting, ...others] = statements.filter((statement) => statement.includes('MODIFY SETTING'));
    expect(others).not.toEqual([]);
    expect(onCluster(setting ?? '', CLUSTER)).toBe(
      "ALTER TABLE entity ON CLUSTER 'atlas' MODIFY SETTING merge_selector_base = 10",
    );
    expect(onCluster('ALTER TABLE entity DROP PARTITION 1', CLUSTER)).not.toContain('ON CLUSTER');
  });

  it('is refused for a statement that has not been thought through', () => {
    for (const statement of [
      'RENAME TABLE a TO b',
      'CREATE TABLE IF NOT EXISTS a (b Int8) ENGINE = Memory',
      'TRUNCATE TABLE a',
    ]) {
      expect(() => onCluster(statement, CLUSTER)).toThrow('Say how this runs on every server of a cluster');
    }
  });

  it('are those of a single server, replicated', async () => {
    await migrateClickHouse(single, TEST_CLUSTER, unlocked);
    // ON CLUSTER needs a server. Rows cannot be inserted here, nor settings changed.
    for (const statement of statements) {
      const form = onCluster(statement, CLUSTER);
      if (!/^INSERT|MODIFY SETTING/.test(form)) await clickhouse.command(form.replace(" ON CLUSTER 'atlas'", ''));
    }
    const replicated = await tables(clickhouse);
    const expected = (await tables(single)).filter(({ name }) => name !== 'schema_migration');
    expect(replicated).toEqual(expected.map((table) => ({ ...table, engine: `Replicated${table.engine}` })));
    const [entity] = await clickhouse.query<{ engine: string }>(
      "SELECT engine_full AS engine FROM system.tables WHERE database = currentDatabase() AND name = 'entity'",
    );
    expect(entity?.engine).toContain(
      `ReplicatedReplacingMergeTree('/atlas/${TEST_CLUSTER}/atlas/entity', '{replica}', row_version, is_deleted)`,
    );
    expect([await isReplicated(clickhouse), await isReplicated(single)]).toEqual([true, false]);
  });

  it('are made once more without effect, as on a server that came later', async () => {
    const before = await tables(clickhouse);
    const last = new Map(statements.map((statement) => [tableOf(statement), statement]));
    last.delete(null);
    for (const statement of last.values()) {
      await clickhouse.command(onCluster(statement, CLUSTER).replace(" ON CLUSTER 'atlas'", ''));
    }
    expect(await tables(clickhouse)).toEqual(before);
  });

  it('answer nothing on a server that cannot find out what it lacks', async () => {
    // A watermark of its own, as of a server that has lost Keeper since.
    await clickhouse.command('DROP TABLE replication_watermark SYNC');
    const text = statements.findLast((statement) => tableOf(statement) === 'replication_watermark');
    await clickhouse.command(text ?? '');
    await clickhouse.insert('replication_watermark', [{ shard: 's0', copy_id: '1', lsn: '5', pending_messages: 0 }]);
    const noAnswer = { code: 'ANALYTICS_UNAVAILABLE', message: 'ClickHouse does not answer; retry shortly.' };
    await expect(clickhouse.catchUp(['entity'])).rejects.toMatchObject(noAnswer);
    await clickhouse.command(`CREATE VIEW installation AS SELECT '${TEST_CLUSTER}' AS cluster_id`);
    await clickhouse.command('CREATE VIEW schema_migration AS SELECT 1000 AS number');
    await expect(readWatermarks(ofTestCluster(clickhouse), ['s0'])).rejects.toMatchObject(noAnswer);
    await single.insert('replication_watermark', [{ shard: 's0', copy_id: '1', lsn: '5', pending_messages: 0 }]);
    expect((await readWatermarks(ofTestCluster(single), ['s0'])).get('s0')?.lsn).toBe(5n);
  });

  it('are examined by the doctor', async () => {
    const { settings } = examineConfig({});
    const found = (database: ClickHouseDatabase, cluster?: string) =>
      clickhouseReplicas.examine({
        ...{ faults: [], shardConfig: null, servers: [], connections: [], stack: null, clickhouse: database },
        settings: { ...settings, ...(cluster !== undefined && { ATLAS_CLICKHOUSE_CLUSTER: cluster }) },
      });
    expect(await found(single)).toEqual([]);
    expect(await found(single, 'other')).toMatchObject([
      { verdict: 'fail', message: expect.stringContaining('those of a single server') },
    ]);
    expect(await found(clickhouse)).toMatchObject([
      {
        verdict: 'fail',
        message: expect.stringContaining(
          'can neither write nor vouch for attribute_definition, audit, entity, entity_attribute, entity_change, entity_type, history_start, tenant_history_start, verification',
        ),
      },
    ]);
    // States that need other servers.
    const states = (total: number, active: number, lost: string) =>
      found({
        ...clickhouse,
        query: async <Row extends object>(text: string): Promise<Row[]> => {
          if (text.includes('system.tables')) return [{ found: true }] as Row[];
          return [{ table: 'entity', is_readonly: 0, lost, total, active }] as unknown as Row[];
        },
      });
    expect((await states(3, 3, '0')).map(({ verdict }) => verdict)).toEqual(['ok']);
    expect((await states(3, 2, '0')).map(({ verdict }) => verdict)).toEqual(['warn']);
    expect((await states(1, 1, '0')).map(({ verdict }) => verdict)).toEqual(['warn']);
    expect((await states(2, 1, '0')).map(({ verdict }) => verdict)).toEqual(['fail']);
    expect((await states(3, 3, '2')).map(({ verdict }) => verdict)).toEqual(['ok', 'warn']);
  });

  it('are not made for a cluster that is unknown, has several shards, or beside the tables of a single server', async () => {
    await clickhouse.command('CREATE DATABASE empty');
    await clickhouse.command('USE empty');
    await expect(checkCluster(clickhouse, 'atlas')).resolves.toBeUndefined();
    await expect(checkCluster(clickhouse, 'other')).rejects.toThrow('ClickHouse knows no cluster other');
    await expect(checkCluster(clickhouse, 'sharded')).rejects.toThrow('The cluster sharded has 2 shards');
    await expect(migrateClickHouse(single, TEST_CLUSTER, unlocked, { cluster: 'atlas' })).rejects.toThrow(
      "ClickHouse's tables are those of a single server",
    );
    await clickhouse.command('USE atlas');
    await expect(migrateClickHouse(clickhouse, TEST_CLUSTER, unlocked)).rejects.toThrow(
      'name their cluster in ATLAS_CLICKHOUSE_CLUSTER',
    );
  });
});
