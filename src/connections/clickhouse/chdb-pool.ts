import { createClient } from '@clickhouse/client';
import { formatQueryParams } from '@clickhouse/client-common';
import { AtlasError } from '../../domain/errors.ts';
import { ClickHouseClientDatabase, type ClickHouseLimits, statementSettings } from './clickhouse-client.ts';
import type { ClickHouseDatabase, ClickHouseParameters } from './clickhouse-database.ts';

/** chdb declares the same contract by its own copy of the client's types, which TypeScript holds to be another one. */
type ClientConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>;

const LOG_OFF = 127;
/** chdb's client knows no default database. */
const DATABASE = 'atlas';
/** Bound values travel in statements of their own here: more than the largest request, escaped, needs. */
const MAX_STATEMENT_BYTES = 128 * 1024 * 1024;

/**
 * ClickHouse in this process. The engine holds one data directory per process, and one of its connections runs one
 * statement at a time; a pool lets several run side by side, and makes the others wait their turn.
 */
export async function openChdb(
  path: string,
  options: ClickHouseLimits & { readonly connections: number },
): Promise<ClickHouseDatabase> {
  // An optional dependency: a server against a remote ClickHouse runs without it.
  const { createChdbConnection } = await import('chdb/connection');
  const connections = Array.from({ length: options.connections }, () => {
    const client = createClient({
      connection: createChdbConnection({ path }) as unknown as ClientConnection,
      clickhouse_settings: statementSettings(options),
      log: { level: LOG_OFF },
    });
    return new ClickHouseClientDatabase(client, bindAsSettings);
  });
  for (const connection of connections) {
    await connection.command(`CREATE DATABASE IF NOT EXISTS ${DATABASE}`);
    await connection.command(`USE ${DATABASE}`);
    await connection.command(`SET max_query_size = ${MAX_STATEMENT_BYTES}`);
  }
  return new ChdbPool(connections, options.timeoutMs);
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

interface Waiter {
  readonly resolve: (connection: ClickHouseDatabase) => void;
  readonly timer: NodeJS.Timeout;
}

class ChdbPool implements ClickHouseDatabase {
  readonly #all: readonly ClickHouseDatabase[];
  readonly #free: ClickHouseDatabase[];
  readonly #waiting: Waiter[] = [];
  readonly #timeoutMs: number;
  #closing: Promise<void> | null = null;

  constructor(connections: readonly ClickHouseDatabase[], timeoutMs: number) {
    this.#all = connections;
    this.#free = [...connections];
    this.#timeoutMs = timeoutMs;
  }

  query<Row extends object>(text: string, parameters?: ClickHouseParameters): Promise<Row[]> {
    return this.#use((connection) => connection.query<Row>(text, parameters));
  }

  insert(table: string, rows: readonly object[]): Promise<void> {
    return this.#use((connection) => connection.insert(table, rows));
  }

  insertLines(table: string, columns: readonly string[], chunks: readonly Buffer[]): Promise<void> {
    return this.#use((connection) => connection.insertLines(table, columns, chunks));
  }

  command(text: string, parameters?: ClickHouseParameters): Promise<void> {
    return this.#use((connection) => connection.command(text, parameters));
  }

  /** Waits for running statements: closing a connection under one would end the engine for the whole process. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (const _ of this.#all) await this.#acquire();
    for (const connection of this.#all) await connection.close();
  }

  async #use<T>(work: (connection: ClickHouseDatabase) => Promise<T>): Promise<T> {
    if (this.#closing !== null) throw new AtlasError('ANALYTICS_UNAVAILABLE', 'ClickHouse is being stopped.');
    const connection = await this.#acquire();
    try {
      return await work(connection);
    } finally {
      this.#release(connection);
    }
  }

  #acquire(): Promise<ClickHouseDatabase> {
    const connection = this.#free.pop();
    if (connection !== undefined) return Promise.resolve(connection);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(new AtlasError('TIMEOUT', 'ClickHouse is busy with other questions: try again shortly.'));
      }, this.#timeoutMs);
      const waiter = { resolve, timer };
      this.#waiting.push(waiter);
    });
  }

  #release(connection: ClickHouseDatabase): void {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) {
      this.#free.push(connection);
      return;
    }
    clearTimeout(waiter.timer);
    waiter.resolve(connection);
  }
}
