import type { PostgresSession, Statement } from '../connections/postgres/postgres-database.ts';

/** SQL for a pg_lsn as decimal digits: bytes from the start of the WAL. */
export function walBytes(lsn: string): string {
  return `(${lsn} - '0/0'::pg_lsn)::text`;
}

/**
 * SQL for a position on a primary by which every transaction has ended that any earlier snapshot shows. A transaction is flushed
 * before others see it. With synchronous_commit = off it is only inserted, so the insert position counts: replicas reach that
 * with the next flush only, and a crash may undo it. Readers and writers use the same connections, and so the same setting.
 */
const COMMITTED = `CASE WHEN current_setting('synchronous_commit') = 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END`;

/** SQL for what `shownPosition` needs. It must be evaluated after the snapshot was taken, as volatile functions in a select list are. */
export const SHOWN_COLUMNS = `CASE WHEN pg_is_in_recovery() THEN ${walBytes(`coalesce(pg_last_wal_receive_lsn(), '0/0')`)} END AS received_lsn,
  ${walBytes(`CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE ${COMMITTED} END`)} AS reached_lsn`;

export interface ShownColumns {
  /** Null on a primary. */
  readonly received_lsn: string | null;
  readonly reached_lsn: string | null;
}

/**
 * An upper bound of what a snapshot shows: a server that has reached this position contains every transaction in it. Null if
 * nothing bounds it.
 *
 * A standby makes a commit visible just before it counts the record as replayed, so a snapshot may show one transaction more than
 * the replayed position tells, but only one that was received. If there is none, the replayed position bounds the snapshot.
 * Otherwise one byte more does: positions are ends of records, so whoever is past the replayed position has replayed that record.
 */
export function shownPosition({ received_lsn: received, reached_lsn: reached }: ShownColumns): bigint | null {
  if (reached === null) return null;
  return BigInt(reached) + (received === null || received === reached ? 0n : 1n);
}

const WRITTEN: Statement = {
  name: 'wal_position',
  text: `SELECT ${walBytes(COMMITTED)} AS position`,
  values: [],
};
const REPLAYED: Statement = {
  name: 'replica_position',
  text: `SELECT ${walBytes('pg_last_wal_replay_lsn()')} AS position`,
  values: [],
};

/** A position on a primary after everything that was committed before this call. @throws as `query` does. */
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
