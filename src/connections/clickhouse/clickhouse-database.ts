export type ClickHouseParameters = Readonly<Record<string, unknown>>;

/** A ClickHouse server over HTTP, or the engine in this process: the same client either way. */
export interface ClickHouseDatabase {
  /**
   * Rows as objects (64-bit integers as strings). Values are bound as `{name:Type}`.
   * @throws AtlasError ANALYTICS_UNAVAILABLE | TIMEOUT | LIMIT_EXCEEDED, or a DatabaseError where the statement itself failed.
   */
  query<Row extends object>(text: string, parameters?: ClickHouseParameters, signal?: AbortSignal): Promise<Row[]>;
  insert(table: string, rows: readonly object[]): Promise<void>;
  /** Many rows at once, as TabSeparated text: several times cheaper than objects. Each chunk holds whole lines. */
  insertLines(table: string, columns: readonly string[], chunks: readonly Buffer[]): Promise<void>;
  /** DDL and other statements without a result. */
  command(text: string, parameters?: ClickHouseParameters): Promise<void>;
  close(): Promise<void>;
}
