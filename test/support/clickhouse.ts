import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { type ClickHouseClient, type ClickHouseClientConfigOptions, createClient } from '@clickhouse/client';
import { createChdbConnection } from 'chdb/connection';
import { temporaryDirectory } from './run-directory.ts';

export interface TestClickHouse {
  /** The engine holds one data path per process, whatever the number of connections to it. */
  readonly path: string;
  readonly database: string;
  /** A client with a connection of its own: queries of one connection run one after the other. */
  connect(): ClickHouseClient;
  /** Closes every client and removes the data. */
  stop(): Promise<void>;
}

/** ClickHouse in this process, in a directory of its own, with all migrations applied. */
export async function startClickHouse(options: { migrated?: boolean } = {}): Promise<TestClickHouse> {
  const path = temporaryDirectory('clickhouse');
  const clients: ClickHouseClient[] = [];
  const database = 'atlas';
  const open = (name?: string) => {
    const client = createClient({
      // The same contract, declared twice: chdb names the types of a package that the client has copied into itself.
      connection: createChdbConnection({ path }) as unknown as NonNullable<ClickHouseClientConfigOptions['connection']>,
      ...(name === undefined ? {} : { database: name }),
    });
    clients.push(client);
    return client;
  };
  const first = open();
  await first.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
  const stop = async () => {
    await Promise.all(clients.map((client) => client.close()));
    rmSync(path, { recursive: true, force: true });
  };
  const connect = () => open(database);
  if (options.migrated !== false) await migrate(connect());
  return { path, database, connect, stop };
}

async function migrate(client: ClickHouseClient): Promise<void> {
  const directory = new URL('../../migrations/clickhouse/', import.meta.url);
  for (const file of readdirSync(directory).sort()) {
    const text = readFileSync(new URL(file, directory), 'utf8').replaceAll(/--[^\n]*/g, '');
    for (const statement of text.split(';')) if (statement.trim() !== '') await client.command({ query: statement });
  }
}
