import { expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { migrateClickHouse } from '../../src/migration/migrate-clickhouse.ts';
import { migrationsDirectory, readMigrations } from '../../src/migration/migration-files.ts';

const CLUSTER_ID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const files = readMigrations(migrationsDirectory('clickhouse'));

/** A cluster that has applied files, and one of whose servers has come since, without tables: what runs on every server fails if that one lacks the table. */
function clusterWithNewServer(applied: typeof files) {
  const onNew = new Map<string, string[]>();
  const answers: readonly (readonly [RegExp, () => object[]])[] = [
    [/FROM system\.clusters/, () => [{ servers: '2', shards: '1', replica: '1' }]],
    [/FROM schema_migration/, () => applied.map(({ number, name, sha256 }) => ({ number, name, sha256 }))],
    [/name = 'schema_migration'/, () => [{ tables: '1' }]],
    [/cluster_id/, () => [{ cluster_id: CLUSTER_ID }]],
    [/engine/i, () => [{ replicated: 1, found: true }]],
  ];
  const command = async (text: string) => {
    const [, created] = /CREATE TABLE IF NOT EXISTS (\w+) ON CLUSTER/.exec(text) ?? [];
    if (created !== undefined && !onNew.has(created)) onNew.set(created, []);
    const [, altered, change] = /ALTER TABLE (\w+) ON CLUSTER '\w+' (.*)/.exec(text) ?? [];
    if (altered === undefined) return;
    const changes = onNew.get(altered);
    if (changes === undefined) throw new Error(`UNKNOWN_TABLE ${altered}`);
    changes.push(change ?? '');
  };
  const query = async (text: string) => answers.find(([asked]) => asked.test(text))?.[1]() ?? [{ found: true }];
  const nothing = async () => {};
  const database = { command, query, insert: nothing, catchUp: nothing } as unknown as ClickHouseDatabase;
  return { database, onNew };
}

it.each([
  ['before the settings of tables were', files.slice(0, 8)],
  ['with everything applied', files],
])('a server that came later gets the tables, then their settings: %s', async (_case, applied) => {
  const { database, onNew } = clusterWithNewServer(applied);
  await migrateClickHouse(database, CLUSTER_ID, (work) => work(), { cluster: 'atlas' });
  expect(onNew.get('entity')).toEqual(['MODIFY SETTING merge_selector_base = 10']);
  expect(onNew.get('verification')).toEqual([]);
});
