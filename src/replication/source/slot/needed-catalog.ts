import type { PostgresSession } from '../../../connections/postgres/postgres-database.ts';

/** The revision of the catalog with which the rows of the shard, in the session's snapshot, are to be understood. */
export async function readNeededCatalog(session: PostgresSession): Promise<number> {
  const text = 'SELECT needed_catalog::float8 AS revision FROM atlas.shard';
  const [row] = await session.query<{ revision: number }>({ name: 'needed_catalog', text, values: [] });
  return row?.revision ?? 0;
}
