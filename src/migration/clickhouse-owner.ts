import type { ClickHouseDatabase } from '../connections/clickhouse/clickhouse-database.ts';
import { DatabaseError } from '../connections/database-error.ts';
import { SourceError } from '../domain/source-error.ts';
import { DIFFERENT_INSTALLATION } from '../watermarks/clickhouse-installation.ts';
import { MigrationError } from './migration-error.ts';
import { migrationsDirectory, readMigrations } from './migration-files.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** NO_SUCH_COLUMN_IN_TABLE, UNKNOWN_IDENTIFIER, UNKNOWN_TABLE. */
const INCOMPLETE = new Set([16, 47, 60]);
/** The last migration that this version needs. */
const NEEDED = readMigrations(migrationsDirectory('clickhouse')).length;

const FOREIGN = 'ClickHouse holds the data of another installation; set ATLAS_CLICKHOUSE_URL to another database.';
const NOT_SET_UP = 'ClickHouse is not set up; run "atlas migrate".';

/** The database must not be used until an operator has acted. Nothing was read or written. */
export class UnusableClickHouseError extends SourceError {
  /** Whether it belongs to another installation; otherwise it has not been migrated to this version, or was emptied. */
  readonly isForeign: boolean;

  constructor(options: { readonly isForeign: boolean }) {
    super('down', 'ANALYTICS_UNAVAILABLE', options.isForeign ? FOREIGN : NOT_SET_UP, { responded: true });
    this.name = 'UnusableClickHouseError';
    this.isForeign = options.isForeign;
  }
}

/**
 * Makes the database this installation's, unless it already belongs to one. The id is stored in the text of a view, because
 * creating it is the only step that ClickHouse does for one of several callers: two installations that migrate an empty database
 * at the same time hold no common lock, and a table could get a row of each.
 * @param clusterId as returned by verifyShards.
 * @param form what a statement becomes on this installation's servers.
 * @throws MigrationError if it belongs to another installation.
 */
export async function claimClickHouse(
  clickhouse: ClickHouseDatabase,
  clusterId: string,
  form: (statement: string) => string,
): Promise<void> {
  if (!UUID.test(clusterId)) throw new RangeError(`The cluster id is ${clusterId}; expected a UUID`);
  await clickhouse.command(form(`CREATE VIEW IF NOT EXISTS installation AS SELECT '${clusterId}' AS cluster_id`));
  if ((await ownerOf(clickhouse)) !== clusterId) throw new MigrationError(FOREIGN);
}

/**
 * The installation's id is stored before the first table is made: while it is being migrated, a database has an owner, but is not set up.
 * @throws UnusableClickHouseError, or as `query` does.
 */
export async function verifyClickHouse(clickhouse: ClickHouseDatabase, clusterId: string): Promise<void> {
  const owner = await ownerOf(clickhouse);
  if (owner !== clusterId) throw new UnusableClickHouseError({ isForeign: owner !== null });
  if ((await migratedTo(clickhouse)) < NEEDED) throw new UnusableClickHouseError({ isForeign: false });
}

/** Null if the database has never been migrated, or was emptied. */
async function ownerOf(clickhouse: ClickHouseDatabase): Promise<string | null> {
  try {
    const [row] = await clickhouse.query<{ cluster_id: string }>('SELECT cluster_id FROM installation');
    return row?.cluster_id ?? null;
  } catch (error) {
    if (isSchemaIncomplete(error)) return null;
    throw error;
  }
}

/** The number of the last migration that was applied; 0 if there is none. */
async function migratedTo(clickhouse: ClickHouseDatabase): Promise<number> {
  try {
    const [row] = await clickhouse.query<{ last: number }>('SELECT max(number) AS last FROM schema_migration');
    return row?.last ?? 0;
  } catch (error) {
    if (isSchemaIncomplete(error)) return 0;
    throw error;
  }
}

/** Whether an error of a statement says that the database has been emptied or replaced, or belongs to another installation by now. */
export function contradictsOwner(error: unknown): boolean {
  return isSchemaIncomplete(error) || (error instanceof DatabaseError && Number(error.code) === DIFFERENT_INSTALLATION);
}

/** Whether a table or column is missing. */
function isSchemaIncomplete(error: unknown): boolean {
  return error instanceof DatabaseError && INCOMPLETE.has(Number(error.code));
}
