import type { ClickHouseDatabase } from '../../../connections/clickhouse/clickhouse-database.ts';

/** Of a statement: some 2,000 rows, which take about twice as long as one. What is larger goes by itself, so that a shard that catches up does not delay the others. */
const MOST_SHARED_BYTES = 2 ** 18;

interface Insert {
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes rows of several shards that come at the same moment with one statement for each table, for tables in which they become one part: what a small insert costs, a part
 * costs, however few rows it has. All fail with a statement that fails.
 */
export class SharedInserts implements Pick<ClickHouseDatabase, 'insertLines'> {
  static readonly #known = new WeakMap<ClickHouseDatabase, SharedInserts>();
  readonly #clickhouse: ClickHouseDatabase;
  /** By table, what goes with the next statement. */
  readonly #waiting = new Map<string, Insert[]>();

  private constructor(clickhouse: ClickHouseDatabase) {
    this.#clickhouse = clickhouse;
  }

  /** Those of all that write rows through this database. */
  static of(clickhouse: ClickHouseDatabase): SharedInserts {
    const known = SharedInserts.#known.get(clickhouse) ?? new SharedInserts(clickhouse);
    SharedInserts.#known.set(clickhouse, known);
    return known;
  }

  /** @param columns always the same ones for a table. */
  insertLines(table: string, columns: readonly string[], chunks: readonly Buffer[]): Promise<void> {
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
    if (bytes > MOST_SHARED_BYTES) return this.#clickhouse.insertLines(table, columns, chunks);
    return new Promise((resolve, reject) => {
      const insert = { chunks, bytes, resolve, reject };
      const waiting = this.#waiting.get(table);
      if (waiting !== undefined) {
        waiting.push(insert);
        return;
      }
      const begun = [insert];
      this.#waiting.set(table, begun);
      setImmediate(() => {
        this.#waiting.delete(table);
        for (const inserts of groupsOf(begun)) void this.#run(table, columns, inserts);
      });
    });
  }

  /** Never rejects. */
  async #run(table: string, columns: readonly string[], inserts: readonly Insert[]): Promise<void> {
    try {
      const chunks = inserts.flatMap((insert) => insert.chunks);
      await this.#clickhouse.insertLines(table, columns, chunks);
      for (const { resolve } of inserts) resolve();
    } catch (error) {
      for (const { reject } of inserts) reject(error);
    }
  }
}

/** Each no larger than a statement may be. */
function groupsOf(inserts: readonly Insert[]): readonly (readonly Insert[])[] {
  const groups: Insert[][] = [];
  let bytes = 0;
  for (const insert of inserts) {
    const group = groups.at(-1);
    bytes += insert.bytes;
    if (group === undefined || bytes > MOST_SHARED_BYTES) {
      groups.push([insert]);
      bytes = insert.bytes;
    } else {
      group.push(insert);
    }
  }
  return groups;
}
