import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Session } from 'chdb';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';

/** The database with the tables of the shards. */
export const OF_SHARDS = 'of_shards';
/** So that all rows of an entity meet. */
const KEY = 'sipHash64(tenant_id, entity_id)';
/** Of a row: 0 or 1. */
export const SHARD = `${KEY} % 2`;
/** The fields of each table's partition key. That of a shard's table has one more: the shard, so that no part has rows of both. */
const TABLES: Readonly<Record<string, number>> = { entity: 3, entity_attribute: 3, audit: 1, entity_change: 1 };

/**
 * Starts the engine in this process as the only server of a cluster with two shards. Open connections to the same path afterwards. Both
 * shards are this server, so that it reads them by itself, and both have the same tables; what makes them two is a row policy, by
 * which each reads the parts with its own rows only. It is no second machine, and there is no network.
 */
export function startTwoShards(path: string): { close(): void } {
  const files = { configuration: join(path, 'cluster.xml'), users: join(path, 'users.xml') };
  const shard = '<shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard>';
  // The server's own port: by it, ClickHouse knows that a shard is itself. Nobody listens there.
  const clusters = `<tcp_port>9000</tcp_port><remote_servers><two>${shard}${shard}</two></remote_servers>`;
  const access = `<user_directories><users_xml><path>${files.users}</path></users_xml></user_directories>`;
  writeFileSync(files.configuration, `<clickhouse>${clusters}${access}</clickhouse>`);
  const policies = Object.entries(TABLES).map(
    ([table, fields]) =>
      `<${table}><filter>shardNum() = 0 OR _partition_value.${fields + 1} = shardNum() - 1</filter></${table}>`,
  );
  const databases = `<databases><${OF_SHARDS}>${policies.join('')}</${OF_SHARDS}></databases>`;
  const user = `<password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>${databases}`;
  const rest = '<profiles><default/></profiles><quotas><default/></quotas>';
  writeFileSync(files.users, `<clickhouse><users><default>${user}</default></users>${rest}</clickhouse>`);
  return new Session(path, { connectionArgs: [`--config-file=${files.configuration}`] });
}

/** Makes `Distributed` tables of the connection's migrated, empty tables with rows of entities. Their parts are of one shard each. */
export async function distribute(database: ClickHouseDatabase): Promise<void> {
  await database.command(`CREATE DATABASE IF NOT EXISTS ${OF_SHARDS}`);
  for (const table of Object.keys(TABLES)) {
    const [row] = await database.query<{ statement: string; partition_key: string }>(
      `SELECT create_table_query AS statement, partition_key FROM system.tables WHERE database = currentDatabase() AND name = '${table}'`,
    );
    if (row === undefined) throw new Error(`There is no table ${table}`);
    const statement = row.statement
      .replace(/^CREATE TABLE \w+\./, `CREATE TABLE ${OF_SHARDS}.`)
      .replace(
        / PARTITION BY .*? (?=PRIMARY KEY|ORDER BY)/s,
        ` PARTITION BY (${row.partition_key.replace(/^\((.*)\)$/s, '$1')}, ${SHARD}) `,
      );
    await database.command(statement);
    await database.command(`DROP TABLE ${table}`);
    const engine = `Distributed(two, ${OF_SHARDS}, ${table}, ${KEY})`;
    await database.command(`CREATE TABLE ${table} AS ${OF_SHARDS}.${table} ENGINE = ${engine}`);
  }
  // An insert ends when the rows are on all shards; what a subquery or join reads is on the shard.
  await database.command('SET distributed_foreground_insert = 1');
  await database.command("SET distributed_product_mode = 'local'");
}
