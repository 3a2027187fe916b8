import { Readable } from 'node:stream';
import { type ClickHouseClient, type ClickHouseSettings, createClient } from '@clickhouse/client';
import { untilAborted } from '../../lib/abort.ts';
import type { ClickHouseDatabase, ClickHouseParameters } from './clickhouse-database.ts';
import {
  type ClickHouseConnection,
  ClickHousePool,
  type ClickHousePoolOptions,
  type StatementOptions,
} from './clickhouse-pool.ts';
import { FailoverConnection } from './failover-connection.ts';
import { tenantBarrier } from './tenant-barrier.ts';
import { down, translateClickHouseError } from './translate-clickhouse-error.ts';

/** What one statement may take. */
export interface ClickHouseLimits {
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  /** Largest result, in bytes as the engine counts them; no limit unless given. */
  readonly resultBytes?: number;
}

/** What is different between a server over HTTP and the engine in this process. */
export interface ClickHouseTransport {
  /** How parameters are sent. */
  bind(parameters: ClickHouseParameters): {
    query_params?: Record<string, unknown>;
    clickhouse_settings?: ClickHouseSettings;
  };
  /**
   * The engine ends a statement at its time limit. If it has not done so this much later, it counts as dead; null: it cannot be
   * dead.
   */
  readonly silenceMs: number | null;
}

type TraceHeaders = () => Record<string, string> | undefined;

const SILENCE_MS = 2_000;
/** A server that still runs a statement when the last connection is closed gets this long to end it. */
const FAREWELL_MS = 2_000;
const LOG_OFF = 127;
const SERVER_NAME = 'x-clickhouse-server-display-name';

const HTTP: ClickHouseTransport = {
  bind: (parameters) => ({ query_params: { ...parameters } }),
  silenceMs: SILENCE_MS,
};

export function statementSettings(limits: ClickHouseLimits): ClickHouseSettings {
  return {
    max_execution_time: limits.timeoutMs / 1000,
    max_memory_usage: String(limits.memoryBytes),
    max_result_bytes: String(limits.resultBytes ?? 0),
    output_format_json_quote_64bit_integers: 1,
    // A column that does not exist is a defect, not something to skip.
    input_format_skip_unknown_fields: 0,
    // An error after the first rows still arrives as an error.
    wait_end_of_query: 1,
    // On by default since ClickHouse 26.2: each write would be held back for up to 200 ms, to be joined with others, and a profile may have it succeed before it is written.
    async_insert: 0,
    // These concern replicated tables only. A write has reached most replicas when it succeeds, side by side with those of other shards, and is
    // never left out because it equals an earlier one, whose rows may have been removed since.
    insert_quorum: 'auto',
    insert_quorum_parallel: 1,
    insert_quorum_timeout: limits.timeoutMs,
    insert_deduplicate: 0,
    // DDL waits no longer for the servers of a cluster than any statement may run.
    distributed_ddl_task_timeout: String(Math.ceil(limits.timeoutMs / 1000)),
  };
}

/** The URLs in ATLAS_CLICKHOUSE_URL. */
export function serversOf(url: string): readonly string[] {
  return url.split(' ').filter((server) => server !== '');
}

/**
 * A server over HTTP, or one of several. The URL holds user, password and database.
 * @param url of several, each after a space.
 * @param options.authority the certificate (PEM) of the authority that must have signed the server's; the public ones unless given.
 */
export function connectClickHouse(
  url: string,
  options: ClickHouseLimits &
    ClickHousePoolOptions & {
      readonly connections: number;
      readonly applicationName: string;
      readonly authority?: string | undefined;
      /** Headers with which the server continues a trace; none unless given. */
      readonly traceHeaders?: TraceHeaders | undefined;
    },
): ClickHouseDatabase {
  const connect = (server: string) => {
    const client = createClient({
      url: server,
      application: options.applicationName,
      ...(options.authority === undefined ? {} : { tls: { ca_cert: Buffer.from(options.authority) } }),
      // One more than the statements that run at once, so that one can be killed while all connections are in use.
      max_open_connections: options.connections + 1,
      // Longer than every time limit of a statement, whose error is typed.
      request_timeout: options.timeoutMs + 2 * SILENCE_MS,
      clickhouse_settings: statementSettings(options),
      use_multipart_params_auto: true,
      log: { level: LOG_OFF },
    });
    return new ClickHouseClientConnection(client, options, HTTP, options.traceHeaders);
  };
  const connection = new FailoverConnection(serversOf(url).map(connect));
  return new ClickHousePool(
    Array.from({ length: options.connections }, () => connection),
    () => connection,
    { ...options, farewellMs: FAREWELL_MS },
  );
}

/** One client of the driver. Its errors are translated here, at the call that raised them. */
export class ClickHouseClientConnection implements ClickHouseConnection {
  readonly #client: ClickHouseClient;
  readonly #limits: ClickHouseLimits;
  readonly #transport: ClickHouseTransport;
  readonly #traceHeaders: TraceHeaders | null;
  #server: string | null = null;
  #serverChanges = 0;

  constructor(
    client: ClickHouseClient,
    limits: ClickHouseLimits,
    transport: ClickHouseTransport,
    traceHeaders: TraceHeaders | null = null,
  ) {
    this.#client = client;
    this.#limits = limits;
    this.#transport = transport;
    this.#traceHeaders = traceHeaders;
  }

  get serverChanges(): number {
    return this.#serverChanges;
  }

  query<Row extends object>(
    query: string,
    parameters: ClickHouseParameters | undefined,
    { tenant, timeoutMs, tag, abandoned }: StatementOptions,
  ): Promise<Row[]> {
    const { query_params, clickhouse_settings } = parameters === undefined ? {} : this.#transport.bind(parameters);
    const http_headers = this.#traceHeaders?.();
    const work = async (abort_signal: AbortSignal): Promise<Row[]> => {
      const result = await this.#client.query({
        query,
        format: 'JSONEachRow',
        abort_signal,
        ...(query_params === undefined ? {} : { query_params }),
        ...(http_headers === undefined ? {} : { http_headers }),
        // 0 would mean no limit.
        clickhouse_settings: {
          ...clickhouse_settings,
          ...tenantBarrier(tenant),
          max_execution_time: Math.max(timeoutMs, 1) / 1000,
          log_comment: tag,
        },
      });
      this.#answeredBy(result.response_headers);
      return untilAborted(result.json<Row>(), abort_signal);
    };
    return this.#run(timeoutMs, work, abandoned);
  }

  insert(table: string, rows: readonly object[]): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    return this.#run(this.#limits.timeoutMs, async (abort_signal) => {
      const { response_headers } = await this.#client.insert({
        table,
        values: rows,
        format: 'JSONEachRow',
        abort_signal,
      });
      this.#answeredBy(response_headers);
    });
  }

  insertLines(table: string, columns: readonly string[], chunks: readonly Buffer[]): Promise<void> {
    const [first, ...others] = columns;
    if (chunks.length === 0 || first === undefined) return Promise.resolve();
    return this.#run(this.#limits.timeoutMs, async (abort_signal) => {
      const values = Readable.from(chunks, { objectMode: false });
      const given = { table, columns: [first, ...others] as [string, ...string[]], values, abort_signal };
      const { response_headers } = await this.#client.insert({ ...given, format: 'TabSeparated' });
      this.#answeredBy(response_headers);
    });
  }

  command(query: string, parameters?: ClickHouseParameters, timeoutMs = this.#limits.timeoutMs): Promise<void> {
    return this.#run(timeoutMs, async (abort_signal) => {
      const bound = parameters === undefined ? {} : this.#transport.bind(parameters);
      const { response_headers } = await this.#client.command({ query, abort_signal, ...bound });
      this.#answeredBy(response_headers);
    });
  }

  catchUp(table: string, timeoutMs: number): Promise<void> {
    const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
    return this.#run(seconds * 1000, async (abort_signal) => {
      const clickhouse_settings = { receive_timeout: seconds };
      const { response_headers } = await this.#client.command({
        query: `SYSTEM SYNC REPLICA ${table} LIGHTWEIGHT`,
        abort_signal,
        clickhouse_settings,
      });
      this.#answeredBy(response_headers);
    });
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** Each server of a cluster has a name of its own: its host's, unless configured. The engine in this process sends no headers. */
  #answeredBy(headers: Readonly<Record<string, unknown>>): void {
    const server = headers[SERVER_NAME];
    if (typeof server !== 'string' || server === this.#server) return;
    if (this.#server !== null) this.#serverChanges++;
    this.#server = server;
  }

  /** @param work must settle when its signal aborts: the server has been silent for too long, or is not waited for. */
  async #run<T>(timeoutMs: number, work: (silence: AbortSignal) => Promise<T>, abandoned?: AbortSignal): Promise<T> {
    const silence = new AbortController();
    const { silenceMs } = this.#transport;
    const abandon = () => silence.abort(down());
    const timer = silenceMs === null ? undefined : setTimeout(abandon, timeoutMs + silenceMs);
    if (silenceMs !== null) abandoned?.addEventListener('abort', abandon, { once: true });
    try {
      return await work(silence.signal);
    } catch (error) {
      if (silence.signal.aborted) throw silence.signal.reason;
      throw translateClickHouseError(error, this.#limits.resultBytes ?? null);
    } finally {
      clearTimeout(timer);
      abandoned?.removeEventListener('abort', abandon);
    }
  }
}
