import { createClient } from '@clickhouse/client';
import { formatQueryParams } from '@clickhouse/client-common';
import {
  ClickHouseClientConnection,
  type ClickHouseLimits,
  type ClickHouseTransport,
  statementSettings,
} from './clickhouse-client.ts';
import type { ClickHouseDatabase, ClickHouseParameters } from './clickhouse-database.ts';
import { ClickHousePool, type ClickHousePoolOptions } from './clickhouse-pool.ts';
import { type ClientConnection, settingsTogether } from './settings-together.ts';

const LOG_OFF = 127;
/** chdb's client has no default database. */
const DATABASE = 'atlas';
/** Bound values are sent as separate statements here. This is more than the largest request needs, escaped. */
const MAX_STATEMENT_BYTES = 128 * 1024 * 1024;

const IN_PROCESS: ClickHouseTransport = { bind: bindAsSettings, silenceMs: null };

/**
 * ClickHouse in this process. The engine holds one data directory per process, and one of its connections runs one
 * statement at a time. Every running statement takes a thread of libuv, and so does the one that kills another:
 * UV_THREADPOOL_SIZE must exceed the number of all connections.
 */
export async function openChdb(
  path: string,
  options: ClickHouseLimits & ClickHousePoolOptions & { readonly connections: number },
): Promise<ClickHouseDatabase> {
  // An optional dependency: a server against a remote ClickHouse runs without it.
  const { createChdbConnection } = await import('chdb/connection');
  const open = (): ClickHouseClientConnection => {
    // chdb declares the same contract in its own copy of the client's types, which TypeScript treats as different.
    const connection = createChdbConnection({ path }) as unknown as ClientConnection;
    const client = createClient({
      connection: settingsTogether(connection),
      clickhouse_settings: statementSettings(options),
      log: { level: LOG_OFF },
    });
    return new ClickHouseClientConnection(client, options, IN_PROCESS);
  };
  const connections = Array.from({ length: options.connections }, open);
  for (const connection of connections) {
    await connection.command(`CREATE DATABASE IF NOT EXISTS ${DATABASE}`);
    await connection.command(`USE ${DATABASE}`);
    await connection.command(`SET max_query_size = ${MAX_STATEMENT_BYTES}`);
  }
  return new ClickHousePool(connections, open, options);
}

/**
 * chdb runs statements with bound parameters one at a time in the whole process; parameters that are set on the
 * connection first (the client writes `SET param_x = '…'`, and doubles quotes only) do not have to wait.
 */
function bindAsSettings(parameters: ClickHouseParameters) {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) {
    const text = formatQueryParams({ value }).replaceAll('\0', '\\0');
    settings[`param_${name}`] = text.replaceAll('\\', '\\\\');
  }
  return { clickhouse_settings: settings };
}
