import type { ClickHouseDatabase } from '../connections/clickhouse/clickhouse-database.ts';

/** Those of ClickHouse Cloud are `Shared…`. */
const SELECT = `
SELECT count() > 0 AS found FROM system.tables
WHERE database = currentDatabase() AND (engine LIKE 'Replicated%MergeTree' OR engine LIKE 'Shared%MergeTree')`;

/**
 * Whether several servers hold the tables of the database, so that each may have some rows later than others. `migrate` makes all tables alike; one is
 * enough to tell, while it has not made all of them on a new server yet.
 */
export async function isReplicated(clickhouse: ClickHouseDatabase): Promise<boolean> {
  const [row] = await clickhouse.query<{ found: boolean | number }>(SELECT);
  return Boolean(row?.found);
}
