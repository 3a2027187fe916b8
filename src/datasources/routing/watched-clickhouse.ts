import type { ClickHouseParameters, ClickHouseSession } from '../../connections/clickhouse/clickhouse-database.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import type { StatementWatch } from './statement-watch.ts';

/** ClickHouse, whose queries are watched. */
export class WatchedClickHouse implements ClickHouseSession {
  readonly #server: ClickHouseSession;
  readonly #watch: StatementWatch;

  constructor(server: ClickHouseSession, watch: StatementWatch) {
    this.#server = server;
    this.#watch = watch;
  }

  get serverChanges(): number {
    return this.#server.serverChanges;
  }

  query<Row extends object>(
    text: string,
    parameters?: ClickHouseParameters,
    signal?: AbortSignal,
    tenant?: TenantId,
  ): Promise<Row[]> {
    return this.#watch.run((watched) => this.#server.query<Row>(text, parameters, watched, tenant), signal);
  }

  catchUp(tables: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#watch.run((watched) => this.#server.catchUp(tables, watched), signal);
  }
}
