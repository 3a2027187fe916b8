import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Session } from 'chdb';

const KEEPER = '<zookeeper><implementation>testkeeper</implementation></zookeeper>';

/**
 * Starts the engine in this process with the configuration of a server, and with a Keeper in its memory. Open connections to the same path afterwards. What it cannot
 * do: activate a replicated table, because it serves no other server, so that these stay read-only; DDL with ON CLUSTER; connect to another
 * server.
 * @param configuration in `<clickhouse>`.
 */
export function startChdbWithKeeper(path: string, configuration: string): { close(): void } {
  const file = join(path, 'cluster.xml');
  writeFileSync(file, configuration.replace('</clickhouse>', `${KEEPER}</clickhouse>`));
  return new Session(path, { connectionArgs: [`--config-file=${file}`] });
}
