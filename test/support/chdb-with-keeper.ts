import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Session } from 'chdb';

/**
 * Starts the engine in this process, as a server of the clusters `pair` (two replicas) and `sharded` (two shards), with a Keeper in its memory. Open connections to the same path
 * afterwards. What it cannot do: activate a replicated table, because it serves no other server, so that these stay read-only; DDL with
 * ON CLUSTER; connect to another server.
 */
export function startChdbWithKeeper(path: string): { close(): void } {
  const replica = '<replica><host>127.0.0.1</host><port>9000</port></replica>';
  const file = join(path, 'cluster.xml');
  writeFileSync(
    file,
    `<clickhouse>
  <zookeeper><implementation>testkeeper</implementation></zookeeper>
  <macros><replica>r1</replica></macros>
  <remote_servers>
    <pair><shard>${replica}${replica}</shard></pair>
    <sharded><shard>${replica}</shard><shard>${replica}</shard></sharded>
  </remote_servers>
</clickhouse>`,
  );
  return new Session(path, { connectionArgs: [`--config-file=${file}`] });
}
