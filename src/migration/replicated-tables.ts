import type { ClickHouseDatabase } from '../connections/clickhouse/clickhouse-database.ts';

/** Those of ClickHouse Cloud are `Shared…`. */
const SELECT = `
SELECT name FROM system.tables
WHERE database = currentDatabase() AND (engine LIKE 'Replicated%MergeTree' OR engine LIKE 'Shared%MergeTree')`;

/** The tables of the database that several servers hold: each server may have some of them later than others. */
export async function replicatedTables(clickhouse: ClickHouseDatabase): Promise<ReadonlySet<string>> {
  const rows = await clickhouse.query<{ name: string }>(SELECT);
  return new Set(rows.map(({ name }) => name));
}
