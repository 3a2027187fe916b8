import type { PostgresDatabase } from '../../../connections/postgres/postgres-database.ts';

/**
 * Tells the planner what is stored. To be called after a bulk load: until autovacuum comes by, a table that has never
 * been analyzed is taken to hold a few rows per attribute, and joins of attributes become quadratic.
 */
export async function refreshStatistics(primaries: readonly PostgresDatabase[]): Promise<void> {
  await Promise.all(
    primaries.map((primary) => primary.query({ text: 'ANALYZE atlas.entity, atlas.entity_attribute', values: [] })),
  );
}
