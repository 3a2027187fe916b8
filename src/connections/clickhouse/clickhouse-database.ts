import type { TenantId } from '../../domain/identifiers.ts';

export type ClickHouseParameters = Readonly<Record<string, unknown>>;

/** What answers queries. */
export interface ClickHouseSession {
  /**
   * How often another server has answered than the one before. Whoever relies on several statements being answered by one server compares it
   * before the first and after the last.
   */
  readonly serverChanges: number;
  /**
   * Rows as objects (64-bit integers as strings). Values are bound as `{name:Type}`.
   *
   * @param signal when it aborts, the call rejects immediately with its reason, and the statement is killed. If the signal has
   * a deadline (lib/deadline.ts), the engine ends the statement by then too.
   * @param tenant whose statement it is: it sees no rows of any other, whatever its text says, and one tenant does not take all
   * connections. Nobody's unless given: it sees the rows of all tenants.
   * @throws SourceError ANALYTICS_UNAVAILABLE | TIMEOUT; AtlasError LIMIT_EXCEEDED if the statement needs too much memory
   * or its result has too many bytes; or a DatabaseError if the statement itself failed.
   */
  query<Row extends object>(
    text: string,
    parameters?: ClickHouseParameters,
    signal?: AbortSignal,
    tenant?: TenantId,
  ): Promise<Row[]>;
  /**
   * Resolves when this server contains everything that had been written to these tables on any server when it was called; immediately if
   * they are not replicated.
   *
   * @throws as `query` does: nothing is known of what the server contains.
   */
  catchUp(tables: readonly string[], signal?: AbortSignal): Promise<void>;
}

/** A ClickHouse server over HTTP, or the engine in this process: the same client either way. */
export interface ClickHouseDatabase extends ClickHouseSession {
  insert(table: string, rows: readonly object[]): Promise<void>;
  /** Many rows at once, as TabSeparated text: several times cheaper than objects. Each chunk holds whole lines. */
  insertLines(table: string, columns: readonly string[], chunks: readonly Buffer[]): Promise<void>;
  /** DDL and other statements without a result. */
  command(text: string, parameters?: ClickHouseParameters): Promise<void>;
  close(): Promise<void>;
}
