import type { PostgresDatabase, PostgresSession } from '../connections/postgres/postgres-database.ts';
import type { Migration } from './migration-files.ts';
import { type AppliedMigration, pendingMigrations } from './pending-migrations.ts';
import { grantPrivileges } from './roles/grant-privileges.ts';
import { makeRoles } from './roles/make-roles.ts';

/** Arbitrary constant. Processes that migrate or set up a shard hold this advisory lock. */
const LOCK = 7_274_692_021;

/** Maximum wait for other migrations, and for statements that lock a table to be changed. */
const LOCK_TIMEOUT = "SET LOCAL lock_timeout = '60s'";

/** Runs `work` in a transaction that excludes other migrations of this database. */
export function whileMigrating<T>(
  database: PostgresDatabase,
  work: (session: PostgresSession) => Promise<T>,
): Promise<T> {
  return database.transaction(async (session) => {
    await session.query({ text: LOCK_TIMEOUT, values: [] });
    await session.query({ text: 'SELECT pg_advisory_xact_lock($1)', values: [LOCK] });
    return work(session);
  });
}

/**
 * Makes the roles, applies pending migrations, and gives the roles their rights. Each file is applied in its own transaction, so
 * that files applied before a failure are kept. Safe to run from several processes concurrently: each file is applied once.
 * Returns the names of the files that this call applied.
 */
export async function migrateShard(database: PostgresDatabase, files: readonly Migration[]): Promise<string[]> {
  const names: string[] = [];
  await whileMigrating(database, makeRoles);
  for (;;) {
    const name = await whileMigrating(database, (session) => applyNext(session, `shard ${database.shard}`, files));
    if (name === null) break;
    names.push(name);
  }
  await whileMigrating(database, grantPrivileges);
  return names;
}

async function applyNext(session: PostgresSession, store: string, files: readonly Migration[]): Promise<string | null> {
  const run = (text: string, values: unknown[] = []) => session.query<AppliedMigration>({ text, values });
  await run('CREATE SCHEMA IF NOT EXISTS atlas');
  await run(`CREATE TABLE IF NOT EXISTS atlas.schema_migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`);
  const applied = await run('SELECT number, name, sha256 FROM atlas.schema_migration');
  const [next] = pendingMigrations(store, files, applied);
  if (next === undefined) return null;
  await run(next.text);
  const { number, name, sha256 } = next;
  await run('INSERT INTO atlas.schema_migration (number, name, sha256) VALUES ($1, $2, $3)', [number, name, sha256]);
  return name;
}
