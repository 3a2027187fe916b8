import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import type { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import { migrationsDirectory, readMigrations } from '../../src/migration/migration-files.ts';
import { makeRoles } from '../../src/migration/roles/make-roles.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { primaryPool } from '../support/postgres-pools.ts';
import { postgresQuery } from '../support/postgres-query.ts';

const files = readMigrations(migrationsDirectory('postgres'));
const lookups = files.findIndex(({ name }) => name.endsWith('_text_lookups.sql'));
const GUIDE = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
const BEFOREHAND =
  /```sql\n(CREATE INDEX CONCURRENTLY entity_attribute_p0_with_rare_letters[^;]+);/.exec(GUIDE)?.[1] ?? '';

let cluster: TestCluster;
let pool: PostgresPool;
afterEach(async () => {
  await pool?.close();
  await cluster?.stop();
});

/** A shard of the version before. */
async function earlier(): Promise<(text: string) => Promise<readonly object[]>> {
  cluster = await startPostgresCluster({ migrated: false });
  pool = primaryPool(cluster.endpoints);
  await makeRoles(pool);
  for (const { text } of files.slice(0, lookups)) await pool.query({ text, values: [] });
  return (text) => postgresQuery(cluster.endpoints.primary, text);
}
const migrate = () => pool.query({ text: files[lookups]?.text ?? '', values: [] });

it('takes the indexes that the guide has an operator create beforehand', async () => {
  const run = await earlier();
  expect(BEFOREHAND).not.toBe('');
  for (let n = 0; n < 8; n++) await run(BEFOREHAND.replaceAll('_p0', `_p${n}`));
  const created = `SELECT indexrelid FROM pg_index WHERE indexrelid::regclass::text LIKE '%p_\\_with_rare_letters' ORDER BY 1`;
  const before = await run(created);
  expect(before).toHaveLength(8);
  await migrate();
  expect(await run(created)).toEqual(before);
  const children = `SELECT 1 FROM pg_inherits WHERE inhparent = 'atlas.entity_attribute_with_rare_letters'::regclass`;
  expect(await run(children)).toHaveLength(8);
});

it.each([
  ['another definition', 'CREATE INDEX entity_attribute_p3_with_rare_letters ON atlas.entity_attribute_p3 (tenant_id)'],
  [
    'one that is not valid',
    `${BEFOREHAND.replaceAll('_p0', '_p3')}; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'atlas.entity_attribute_p3_with_rare_letters'::regclass`,
  ],
])('refuses %s', async (_what, text) => {
  const run = await earlier();
  for (const statement of text.split(';')) await run(statement);
  await expect(migrate()).rejects.toThrow(
    'entity_attribute_p3_with_rare_letters is not valid, or has another definition',
  );
});
