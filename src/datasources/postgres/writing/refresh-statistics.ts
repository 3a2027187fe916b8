import type { PostgresDatabase } from '../../../connections/postgres/postgres-database.ts';

/**
 * Updates the planner's statistics of what has changed (migration 0023). Call it after a bulk load: until autovacuum runs, the planner assumes that a table that was
 * never analyzed holds a few rows per attribute, and joins of attributes become quadratic.
 */
export async function refreshStatistics(primaries: readonly PostgresDatabase[], signal?: AbortSignal): Promise<void> {
  await Promise.all(
    primaries.map((primary) => primary.query({ text: 'SELECT atlas.refresh_statistics()', values: [] }, signal)),
  );
}
