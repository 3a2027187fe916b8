import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import { refreshStatistics } from '../../../../src/datasources/postgres/writing/refresh-statistics.ts';
import { startPostgresCluster, type TestCluster } from '../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';
import { postgresQuery } from '../../../support/postgres-query.ts';

/** More than 8 MB of rows. */
const LARGE = 20_000;

let cluster: TestCluster;
let pool: PostgresPool;
beforeAll(async () => {
  cluster = await startPostgresCluster();
  pool = primaryPool(cluster.endpoints, { actAs: 'atlas_serve', size: 1 });
});
afterAll(async () => {
  await pool?.close();
  await cluster?.stop();
});

const sql = <Row extends object>(text: string) => postgresQuery<Row>(cluster.endpoints.primary, text);
const fill = (from: number, to: number) =>
  sql(`INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
       SELECT 1, i, 'user', 1, now(), now(), jsonb_build_object('1', repeat('x', 500)) FROM generate_series(${from}, ${to}) i`);

/** The tables that a refresh analyzes, by their names. */
async function refreshed(): Promise<readonly string[]> {
  const times = () =>
    sql<{ name: string; times: string }>(
      `SELECT relname AS name, analyze_count AS times FROM pg_stat_user_tables WHERE relname LIKE 'entity%' ORDER BY relname`,
    );
  const before = new Map((await times()).map((row) => [row.name, row.times]));
  await refreshStatistics([pool]);
  await pool.query({ text: 'SELECT pg_stat_force_next_flush()', values: [] });
  return (await times()).filter(({ name, times }) => times !== before.get(name)).map(({ name }) => name);
}

it('analyzes large partitions of which a tenth has changed, and all small ones', async () => {
  await fill(1, LARGE);
  const [{ large = '' } = {}] = await sql<{ large: string }>(
    'SELECT tableoid::regclass::text AS large FROM atlas.entity LIMIT 1',
  );
  const name = large.replace('atlas.', '');
  expect(await refreshed()).toEqual(expect.arrayContaining(['entity', name, 'entity_attribute', 'entity_element']));
  const rows = `SELECT reltuples::integer AS rows FROM pg_class WHERE oid = '${large}'::regclass`;
  expect(await sql(rows)).toEqual([{ rows: LARGE }]);

  await fill(LARGE + 1, LARGE + LARGE / 20);
  const others = await refreshed();
  expect(others).toContain('entity_attribute_p0');
  expect(others).not.toContain(name);
  expect(others).not.toContain('entity');

  await fill(LARGE + LARGE / 20 + 1, LARGE + LARGE / 8);
  expect(await refreshed()).toEqual(expect.arrayContaining(['entity', name]));
  expect(await sql(rows)).toEqual([{ rows: LARGE + LARGE / 8 }]);
});

it('analyzes a table as a whole once it has grown, though each of its partitions is small', async () => {
  const values = (from: number, to: number) =>
    sql(`INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text)
         SELECT 1 + i % 64, i, 1, repeat('x', 150) FROM generate_series(${from}, ${to}) i`);
  await values(1, 1_000);
  await refreshed();
  await values(1_001, 60_000);
  expect(await refreshed()).toContain('entity_attribute');
  const later = await refreshed();
  expect(later).toContain('entity_attribute_p0');
  expect(later).not.toContain('entity_attribute');
});
