import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';

/** A replication slot that exists. */
export interface ProbedSlot {
  /** WAL that its reader has not yet confirmed; null if the slot has lost its position. */
  readonly lagBytes: number | null;
  /** Whether a reader is connected. */
  readonly active: boolean;
  /** `unreserved`: about to lose WAL that is still needed. `lost`: that WAL is gone, and what it feeds must be copied again. */
  readonly walStatus: 'reserved' | 'extended' | 'unreserved' | 'lost' | null;
  /** WAL that is retained for it, in bytes; null if it is lost. */
  readonly retainedBytes: number | null;
  /** WAL that can still be written before it may be lost, in bytes; null if that is unlimited, or it is lost. */
  readonly safeBytes: number | null;
  /** What was written to disk to decode large transactions, in bytes, since the statistics were reset. */
  readonly spilledBytes: number;
  /** `max_slot_wal_keep_size` in bytes; -1: unlimited. */
  readonly limitBytes: number;
}

/** An answer also shows that the primary is up and takes writes. @returns null for each slot that does not exist. */
export async function probePrimary(
  primary: PostgresSession,
  slots: readonly string[],
): Promise<ReadonlyMap<string, ProbedSlot | null>> {
  const rows = await primary.query<{
    name: string;
    lag_bytes: number | null;
    active: boolean | null;
    wal_status: ProbedSlot['walStatus'];
    retained_bytes: number | null;
    safe_bytes: number | null;
    spilled_bytes: number;
    limit_bytes: number;
  }>({
    name: 'probe-primary',
    text: `
SELECT wanted.name, slot.active, slot.wal_status, slot.safe_wal_size::double precision AS safe_bytes,
       pg_wal_lsn_diff(greatest(position.lsn, slot.confirmed_flush_lsn), slot.confirmed_flush_lsn)::double precision AS lag_bytes,
       pg_wal_lsn_diff(greatest(position.lsn, slot.restart_lsn), slot.restart_lsn)::double precision AS retained_bytes,
       coalesce(decoded.spill_bytes, 0)::double precision AS spilled_bytes,
       pg_size_bytes(current_setting('max_slot_wal_keep_size'))::double precision AS limit_bytes
FROM (SELECT pg_current_wal_lsn() AS lsn) position
CROSS JOIN unnest($1::text[]) AS wanted (name)
LEFT JOIN pg_replication_slots slot ON slot.slot_name = wanted.name
LEFT JOIN pg_stat_replication_slots decoded ON decoded.slot_name = slot.slot_name`,
    values: [slots],
  });
  return new Map(
    rows.map(({ name, active, ...row }) => [
      name,
      active === null
        ? null
        : {
            active,
            walStatus: row.wal_status,
            lagBytes: row.lag_bytes,
            retainedBytes: row.retained_bytes,
            safeBytes: row.safe_bytes,
            spilledBytes: row.spilled_bytes,
            limitBytes: row.limit_bytes,
          },
    ]),
  );
}
