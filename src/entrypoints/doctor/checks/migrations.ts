import { DatabaseError } from '../../../connections/database-error.ts';
import type { PostgresDatabase } from '../../../connections/postgres/postgres-database.ts';
import { SourceError } from '../../../domain/source-error.ts';
import { verifyClickHouse } from '../../../migration/clickhouse-owner.ts';
import { MigrationError } from '../../../migration/migration-error.ts';
import { migrationsDirectory, readMigrations } from '../../../migration/migration-files.ts';
import { type AppliedMigration, pendingMigrations } from '../../../migration/pending-migrations.ts';
import { UNDEFINED_TABLE, verifyShards } from '../../../migration/shard-identity.ts';
import { describePlacement } from '../../../sharding/describe-placement.ts';
import { type Finding, fail, ok } from '../finding.ts';
import { type Check, type Patient, primariesOf } from '../patient.ts';

/** Whether the schema of every store is that of this version, and all of them belong to one installation. */
export const migrations: Check = {
  title: 'migrations',
  async examine(patient) {
    const files = readMigrations(migrationsDirectory('postgres'));
    const found = await Promise.all(
      primariesOf(patient).map(({ name, database }) =>
        judged(`The ${name} has all ${files.length} migrations.`, async () => {
          const pending = pendingMigrations(`shard ${database.shard}`, files, await appliedOn(database));
          const [next] = pending;
          if (next === undefined) return;
          const lacks =
            pending.length === 1 ? `1 migration, ${next.name}` : `${pending.length} migrations, from ${next.name} on`;
          throw new MigrationError(`The ${name} lacks ${lacks}; run "atlas migrate".`);
        }),
      ),
    );
    if (found.some(({ verdict }) => verdict === 'fail')) return found;
    return [...found, ...(await installation(patient))];
  },
};

async function installation({ servers, shardConfig, clickhouse }: Patient): Promise<Finding[]> {
  if (servers.length === 0 || shardConfig === null) return [];
  let cluster = '';
  const shards = await judged('All shards belong to one installation, and place entities as configured.', async () => {
    const placement = describePlacement(shardConfig.shards, shardConfig.placement);
    cluster = await verifyShards(
      servers.map(({ database }) => database),
      placement,
    );
  });
  if (clickhouse === null || shards.verdict === 'fail') return [shards];
  const analytics = await judged('ClickHouse has all migrations, and belongs to this installation.', () =>
    verifyClickHouse(clickhouse, cluster),
  );
  return [shards, analytics];
}

async function judged(good: string, work: () => Promise<void>): Promise<Finding> {
  try {
    await work();
    return ok(good);
  } catch (error) {
    if (error instanceof MigrationError || error instanceof SourceError) return fail(error.message);
    throw error;
  }
}

async function appliedOn(primary: PostgresDatabase): Promise<AppliedMigration[]> {
  try {
    const text = 'SELECT number, name, sha256 FROM atlas.schema_migration';
    return await primary.query<AppliedMigration>({ text, values: [] });
  } catch (error) {
    if (error instanceof DatabaseError && error.sqlState === UNDEFINED_TABLE) return [];
    throw error;
  }
}
