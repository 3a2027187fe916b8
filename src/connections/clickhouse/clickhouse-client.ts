import { Readable } from 'node:stream';
import { type ClickHouseClient, type ClickHouseSettings, createClient } from '@clickhouse/client';
import type { ClickHouseDatabase, ClickHouseParameters } from './clickhouse-database.ts';
import { translateClickHouseError } from './translate-clickhouse-error.ts';

/** What one statement may take. */
export interface ClickHouseLimits {
  readonly timeoutMs: number;
  readonly memoryBytes: number;
}

/** How parameters travel: bound by the server, unless the connection knows better. */
type Binding = (parameters: ClickHouseParameters) => {
  query_params?: Record<string, unknown>;
  clickhouse_settings?: ClickHouseSettings;
};

/** A server that died without a word is noticed this long after the statement should have ended. */
const SILENCE_MS = 2_000;
const LOG_OFF = 127;

export function statementSettings(limits: ClickHouseLimits): ClickHouseSettings {
  return {
    max_execution_time: limits.timeoutMs / 1000,
    max_memory_usage: String(limits.memoryBytes),
    output_format_json_quote_64bit_integers: 1,
    // A column that does not exist is a defect, not something to skip.
    input_format_skip_unknown_fields: 0,
    // An error after the first rows still arrives as an error.
    wait_end_of_query: 1,
  };
}

/** A server over HTTP. The URL holds user, password and database. */
export function connectClickHouse(
  url: string,
  options: ClickHouseLimits & { readonly connections: number; readonly applicationName: string },
): ClickHouseDatabase {
  const client = createClient({
    url,
    application: options.applicationName,
    max_open_connections: options.connections,
    request_timeout: options.timeoutMs + SILENCE_MS,
    clickhouse_settings: statementSettings(options),
    use_multipart_params_auto: true,
    log: { level: LOG_OFF },
  });
  return new ClickHouseClientDatabase(client);
}

export class ClickHouseClientDatabase implements ClickHouseDatabase {
  readonly #client: ClickHouseClient;
  readonly #bind: Binding;

  constructor(client: ClickHouseClient, bind: Binding = (parameters) => ({ query_params: { ...parameters } })) {
    this.#client = client;
    this.#bind = bind;
  }

  query<Row extends object>(query: string, parameters?: ClickHouseParameters): Promise<Row[]> {
    return translated(async () => {
      const bound = parameters === undefined ? {} : this.#bind(parameters);
      const result = await this.#client.query({ query, format: 'JSONEachRow', ...bound });
      return result.json<Row>();
    });
  }

  insert(table: string, rows: readonly object[]): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    return translated(async () => {
      await this.#client.insert({ table, values: rows, format: 'JSONEachRow' });
    });
  }

  insertLines(table: string, columns: readonly string[], chunks: readonly Buffer[]): Promise<void> {
    const [first, ...others] = columns;
    if (chunks.length === 0 || first === undefined) return Promise.resolve();
    return translated(async () => {
      const values = Readable.from(chunks, { objectMode: false });
      await this.#client.insert({ table, columns: [first, ...others], values, format: 'TabSeparated' });
    });
  }

  command(query: string, parameters?: ClickHouseParameters): Promise<void> {
    return translated(async () => {
      const bound = parameters === undefined ? {} : this.#bind(parameters);
      await this.#client.command({ query, ...bound });
    });
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateClickHouseError(error);
  }
}
