import { outcomeOf } from '../../domain/source-error.ts';
import type { ClickHouseParameters } from './clickhouse-database.ts';
import type { ClickHouseConnection, StatementOptions } from './clickhouse-pool.ts';

/**
 * Several servers of a cluster, one of which is used: the next one once a statement finds it down. That statement fails: what came before it was
 * true of a server that does not answer any more.
 */
export class FailoverConnection implements ClickHouseConnection {
  readonly #servers: readonly ClickHouseConnection[];
  #place = 0;
  #moves = 0;

  /** @param servers at least one. */
  constructor(servers: readonly ClickHouseConnection[]) {
    this.#servers = servers;
  }

  get serverChanges(): number {
    return this.#servers.reduce((sum, { serverChanges }) => sum + serverChanges, this.#moves);
  }

  query<Row extends object>(
    text: string,
    parameters: ClickHouseParameters | undefined,
    options: StatementOptions,
  ): Promise<Row[]> {
    return this.#use((server) => server.query<Row>(text, parameters, options), options.abandoned);
  }

  insert(table: string, rows: readonly object[]): Promise<void> {
    return this.#use((server) => server.insert(table, rows));
  }

  insertLines(table: string, columns: readonly string[], chunks: readonly Buffer[]): Promise<void> {
    return this.#use((server) => server.insertLines(table, columns, chunks));
  }

  command(text: string, parameters?: ClickHouseParameters, timeoutMs?: number): Promise<void> {
    return this.#use((server) => server.command(text, parameters, timeoutMs));
  }

  catchUp(table: string, timeoutMs: number): Promise<void> {
    return this.#use((server) => server.catchUp(table, timeoutMs));
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  /** @param abandoned a statement that its caller gave up tells nothing of the server; the KILL that did not end it does. */
  async #use<T>(work: (server: ClickHouseConnection) => Promise<T>, abandoned?: AbortSignal): Promise<T> {
    const place = this.#place;
    const server = this.#servers[place];
    if (server === undefined) throw new RangeError('There is no server');
    try {
      return await work(server);
    } catch (error) {
      // Another statement may have moved on already.
      const isDown = outcomeOf(error) === 'down' && abandoned?.aborted !== true;
      if (isDown && this.#servers.length > 1 && this.#place === place) {
        this.#place = (place + 1) % this.#servers.length;
        this.#moves++;
      }
      throw error;
    }
  }
}
