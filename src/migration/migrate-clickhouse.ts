import type { ClickHouseDatabase } from '../connections/clickhouse/clickhouse-database.ts';
import { checkCluster, modifiesSettings, onCluster, tableOf } from './clickhouse-cluster.ts';
import { claimClickHouse } from './clickhouse-owner.ts';
import { type Migration, migrationsDirectory, readMigrations } from './migration-files.ts';
import { type AppliedMigration, pendingMigrations } from './pending-migrations.ts';

/**
 * Applies pending migrations and returns the names of the files that this call applied. ClickHouse has neither locks nor
 * transactions. `lock` therefore excludes other processes, with a lock on a shard's primary (see `lockedBy`), and every
 * statement of a file must be repeatable, because a file that failed half-way is applied again from its start.
 * @param clusterId the installation that the database belongs to from now on, unless it belongs to one already.
 * @param options.cluster on each server of which the tables are made, also on those that came later; null: there is a single server.
 * @throws MigrationError if it belongs to another installation, or as checkCluster and pendingMigrations do.
 */
export function migrateClickHouse(
  clickhouse: ClickHouseDatabase,
  clusterId: string,
  lock: <T>(work: () => Promise<T>) => Promise<T>,
  {
    files = readMigrations(migrationsDirectory('clickhouse')),
    cluster = null,
  }: { readonly files?: readonly Migration[]; readonly cluster?: string | null } = {},
): Promise<string[]> {
  const form = (statement: string) =>
    cluster === null ? statement : onCluster(statement, { name: cluster, clusterId });
  return lock(async () => {
    await checkCluster(clickhouse, cluster);
    await claimClickHouse(clickhouse, clusterId, form);
    await clickhouse.command(form(SCHEMA_MIGRATION));
    // A server that is new has the table, and gets its rows: they say that the files, some of which remove tables, have been applied.
    if (cluster !== null) await clickhouse.catchUp(['schema_migration']);
    const applied = await clickhouse.query<AppliedMigration>('SELECT number, name, sha256 FROM schema_migration');
    const pending = pendingMigrations('ClickHouse', files, applied);
    // A server that came later has no tables yet: their settings follow once it has them.
    const isLater = (statement: string) => cluster !== null && modifiesSettings(statement);
    for (const { number, name, sha256, text } of pending) {
      for (const statement of statementsOf(text)) {
        if (!isLater(statement)) await clickhouse.command(withoutSizeLimit(form(statement)));
      }
      await clickhouse.insert('schema_migration', [{ number, name, sha256 }]);
    }
    if (cluster !== null) for (const statement of tablesOf(files)) await clickhouse.command(form(statement));
    return pending.map(({ name }) => name);
  });
}

const SCHEMA_MIGRATION = `CREATE TABLE IF NOT EXISTS schema_migration (
      number UInt32, name String, sha256 String, applied_at DateTime64(3) DEFAULT now64(3)
    ) ENGINE = MergeTree ORDER BY number`;

/** The statements that create the tables as they are after all files, and change their settings. */
function tablesOf(files: readonly Migration[]): readonly string[] {
  const statements = files.flatMap(({ text }) => statementsOf(text));
  const last = new Map<string, string>();
  for (const statement of statements) {
    const table = tableOf(statement);
    if (table !== null) last.set(table, statement);
  }
  return [...last.values(), ...statements.filter(modifiesSettings)];
}

/** The server refuses to drop a table of more than 50 GB unless told otherwise. */
function withoutSizeLimit(statement: string): string {
  return /^(--.*\n|\s)*DROP TABLE\b/.test(statement) ? `${statement} SETTINGS max_table_size_to_drop = 0` : statement;
}

/** Splits a file into statements, because HTTP takes one at a time. Only a semicolon at the end of a line ends a statement. */
export function statementsOf(text: string): string[] {
  return text
    .split(/;[ \t]*(?:--.*)?$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replaceAll(/--.*$/gm, '').trim() !== '');
}
