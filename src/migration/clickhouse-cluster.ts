import type { ClickHouseDatabase } from '../connections/clickhouse/clickhouse-database.ts';
import { isReplicated } from './is-replicated.ts';
import { MigrationError } from './migration-error.ts';

/** Whose servers all hold every table. */
export interface ClickHouseCluster {
  /** As in the servers' `remote_servers`. */
  readonly name: string;
  /** Of the installation: part of the tables' paths in Keeper, so that a database of the same name made later has others. */
  readonly clusterId: string;
}

const COMMENTS = /^(?:\s|--.*(?:\n|$))*/;
const CREATE_TABLE = /^CREATE TABLE IF NOT EXISTS (\w+) \(/;
const ENGINE = /\bENGINE = ((?:Replacing)?MergeTree)\b(?:\(([^()]*)\))?/;
/** Settings of a table are each server's own. */
const MODIFY_SETTING = /^ALTER TABLE (\w+) (?=MODIFY SETTING )/;
/** What ClickHouse itself does on every server that holds the table. */
const REPLICATED = /^(INSERT INTO|ALTER TABLE) /;

/**
 * The statement of a migration for every server of a cluster, with replicated tables. The files are written for a single server, and stay as
 * they are, so that what has been applied to one never changes.
 *
 * @throws RangeError if it is of a kind that has not been thought through.
 */
export function onCluster(statement: string, { name, clusterId }: ClickHouseCluster): string {
  const text = statement.replace(COMMENTS, '');
  const onEvery = `ON CLUSTER '${name}'`;
  if (modifiesSettings(statement)) return text.replace(MODIFY_SETTING, `$&${onEvery} `);
  if (REPLICATED.test(text)) return text;
  const drop = /^DROP TABLE IF EXISTS (\w+)$/.exec(text);
  // SYNC: the table's path in Keeper is used again.
  if (drop !== null) return `${drop[0]} ${onEvery} SYNC`;
  if (/^CREATE VIEW IF NOT EXISTS \w+ AS /.test(text)) return text.replace(' AS ', ` ${onEvery} AS `);
  const table = tableOf(statement);
  if (table === null || !ENGINE.test(text)) {
    throw new RangeError(`Say how this runs on every server of a cluster: ${text.slice(0, 80)}`);
  }
  const path = `'/atlas/${clusterId}/{database}/${table}', '{replica}'`;
  return text
    .replace(`EXISTS ${table} (`, `EXISTS ${table} ${onEvery} (`)
    .replace(ENGINE, (_, engine, columns) => `ENGINE = Replicated${engine}(${columns ? `${path}, ${columns}` : path})`);
}

/** Whether the statement changes settings of a table. */
export function modifiesSettings(statement: string): boolean {
  return MODIFY_SETTING.test(statement.replace(COMMENTS, ''));
}

/** The table that the statement creates; null: none. */
export function tableOf(statement: string): string | null {
  return CREATE_TABLE.exec(statement.replace(COMMENTS, ''))?.[1] ?? null;
}

/**
 * Before anything is written.
 * @param cluster null: the database is that of a single server.
 * @throws MigrationError with a sentence that says what would be right.
 */
export async function checkCluster(clickhouse: ClickHouseDatabase, cluster: string | null): Promise<void> {
  await checkTables(clickhouse, cluster);
  if (cluster === null) return;
  const [found] = await clickhouse.query<{ servers: string; shards: string; replica: string }>(
    `SELECT count() AS servers, uniqExact(shard_num) AS shards, (SELECT count() FROM system.macros WHERE macro = 'replica') AS replica
     FROM system.clusters WHERE cluster = {cluster:String}`,
    { cluster },
  );
  if (found === undefined || found.servers === '0') {
    throw new MigrationError(
      `ClickHouse knows no cluster ${cluster}; name one of "SELECT DISTINCT cluster FROM system.clusters" in ATLAS_CLICKHOUSE_CLUSTER.`,
    );
  }
  if (found.shards !== '1') {
    throw new MigrationError(
      `The cluster ${cluster} has ${found.shards} shards; every server must hold everything: name one that has all servers as replicas of one shard.`,
    );
  }
  if (found.replica === '0') {
    throw new MigrationError(
      'ClickHouse has no macro "replica"; give each server one of its own in its configuration (<macros>).',
    );
  }
}

async function checkTables(clickhouse: ClickHouseDatabase, cluster: string | null): Promise<void> {
  const [row] = await clickhouse.query<{ tables: string }>(
    "SELECT count() AS tables FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migration'",
  );
  if (row?.tables !== '1') return;
  const replicated = await isReplicated(clickhouse);
  if (replicated && cluster === null) {
    throw new MigrationError("ClickHouse's tables are replicated; name their cluster in ATLAS_CLICKHOUSE_CLUSTER.");
  }
  if (!replicated && cluster !== null) {
    throw new MigrationError(
      "ClickHouse's tables are those of a single server; name another database in ATLAS_CLICKHOUSE_URL, which fills by itself, or leave ATLAS_CLICKHOUSE_CLUSTER away.",
    );
  }
}
