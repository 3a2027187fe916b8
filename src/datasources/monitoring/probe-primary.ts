import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';

/** The replication slot that feeds ClickHouse. */
export interface ProbedSlot {
  /** WAL that the replicator has not yet confirmed; null if the slot has lost its position. */
  readonly lagBytes: number | null;
  /** Whether a replicator is connected. */
  readonly active: boolean;
  /** `unreserved`: about to lose WAL that is still needed. `lost`: that WAL is gone, and the shard must be copied again. */
  readonly walStatus: 'reserved' | 'extended' | 'unreserved' | 'lost' | null;
}

/** An answer also shows that the primary is up and takes writes. @returns null as the slot if there is none. */
export async function probePrimary(primary: PostgresSession, slotName: string): Promise<{ slot: ProbedSlot | null }> {
  const [row] = await primary.query<{
    lag_bytes: number | null;
    active: boolean | null;
    wal_status: ProbedSlot['walStatus'];
  }>({
    name: 'probe-primary',
    text: `
SELECT greatest(pg_wal_lsn_diff(position.lsn, slot.confirmed_flush_lsn), 0)::double precision AS lag_bytes,
       slot.active, slot.wal_status
FROM (SELECT pg_current_wal_lsn() AS lsn) position
LEFT JOIN pg_replication_slots slot ON slot.slot_name = $1`,
    values: [slotName],
  });
  if (row === undefined || row.active === null) return { slot: null };
  return { slot: { lagBytes: row.lag_bytes, active: row.active, walStatus: row.wal_status } };
}
