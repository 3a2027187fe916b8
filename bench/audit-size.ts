/** What an entry of the audit takes on a shard: `npx tsx bench/audit-size.ts [entries]`. Written in the order of time by several tenants, as writes come. */
import { migrateShard } from '../src/migration/migrate-shard.ts';
import { migrationsDirectory, readMigrations } from '../src/migration/migration-files.ts';
import { startScratchPostgres } from './support/scratch-postgres.ts';

const entries = Number(process.argv[2] ?? 500_000);
const server = await startScratchPostgres();
const primary = await server.database('audit_size', 1);
try {
  await migrateShard(primary, readMigrations(migrationsDirectory('postgres')));
  await primary.query({
    text: `INSERT INTO atlas.audit (tenant_id, at, subject, operation, entity_id, old_version, new_version)
      SELECT 1 + n % 50, clock_timestamp(), 'auth0|5f7c8ec7c33c6c004bbafe82', 'UPDATE_ENTITY', n % 100000, n, n + 1
      FROM generate_series(1, $1::bigint) n`,
    values: [entries],
  });
  const [size] = await primary.query<{ rows: string; indexes: string }>({
    text: `SELECT sum(pg_table_size(relid)) AS rows, sum(pg_indexes_size(relid)) AS indexes
      FROM pg_partition_tree('atlas.audit') WHERE isleaf`,
    values: [],
  });
  const each = (bytes: string | undefined) => (Number(bytes) / entries).toFixed(0);
  process.stdout.write(`${entries} entries: ${each(size?.rows)} bytes each, and ${each(size?.indexes)} in the index\n`);
} finally {
  await server.stop();
}
