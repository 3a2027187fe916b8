import type { PostgresSession, Statement } from '../connections/postgres/postgres-database.ts';

/** SQL for a pg_lsn as decimal digits: bytes from the start of the WAL. */
export function walBytes(lsn: string): string {
  return `(${lsn} - '0/0'::pg_lsn)::text`;
}

const WRITTEN: Statement = {
  name: 'wal_position',
  text: `SELECT ${walBytes('pg_current_wal_insert_lsn()')} AS position`,
  values: [],
};
const REPLAYED: Statement = {
  name: 'replica_position',
  text: `SELECT ${walBytes('pg_last_wal_replay_lsn()')} AS position`,
  values: [],
};

/** The end of a primary's WAL: after everything that was committed before this call. @throws as `query` does. */
export async function writtenPosition(primary: PostgresSession, signal?: AbortSignal): Promise<bigint> {
  const [row] = await primary.query<{ position: string }>(WRITTEN, signal);
  if (row === undefined) throw new Error('The WAL position statement returned no row');
  return BigInt(row.position);
}

/** What a replica has replayed is visible to every snapshot taken afterwards; null: nothing yet. @throws as `query` does. */
export async function replayedPosition(replica: PostgresSession, signal?: AbortSignal): Promise<bigint | null> {
  const [row] = await replica.query<{ position: string | null }>(REPLAYED, signal);
  return row === undefined || row.position === null ? null : BigInt(row.position);
}
