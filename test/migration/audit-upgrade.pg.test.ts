import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import { migrationsDirectory, readMigrations } from '../../src/migration/migration-files.ts';
import { makeRoles } from '../../src/migration/roles/make-roles.ts';
import { publicationFault, readPublication } from '../../src/replication/source/slot/publication.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { primaryPool } from '../support/postgres-pools.ts';

const files = readMigrations(migrationsDirectory('postgres'));
const audit = files.findIndex(({ name }) => name.endsWith('_audit.sql'));
const apply = async (applied: typeof files) => {
  for (const { text } of applied) await pool.query({ text, values: [] });
};
/** As the version before the audit read it. */
const IDENTITY = `SELECT p.oid || ' ' || p.xmin || ':' || string_agg(r.oid::text, ',' ORDER BY r.oid) AS identity
  FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid GROUP BY p.oid, p.xmin`;

let cluster: TestCluster;
let pool: PostgresPool;
beforeAll(async () => {
  cluster = await startPostgresCluster({ migrated: false });
  pool = primaryPool(cluster.endpoints);
});
afterAll(async () => {
  await pool?.close();
  await cluster?.stop();
});

it('publishes the audit without a new copy of the shards that are streamed', async () => {
  await makeRoles(pool);
  await apply(files.slice(0, audit));
  const [known] = await pool.query<{ identity: string }>({ text: IDENTITY, values: [] });
  await pool.query({
    text: `INSERT INTO atlas.shard (shard_id, placement, cluster_id, cdc_publication)
      VALUES ('s0', 'by hash over s0', gen_random_uuid(), $1)`,
    values: [known?.identity],
  });
  await apply(files.slice(audit));
  const publication = await readPublication(pool);
  expect(publication.current).not.toBe(known?.identity);
  expect(publication.followed).toBe(publication.current);
  expect(publicationFault(publication)).toBeNull();
});
