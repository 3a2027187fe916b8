import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';
import { parseLsn } from './lsn.ts';
import { CDC_SLOT } from './names.ts';

/** The shard's replication slot, and where its primary is. */
export interface SlotState {
  /** The slot has let go of the changes before this position. */
  readonly confirmedLsn: bigint;
  /** No change that the slot delivers lies before this position. */
  readonly restartLsn: bigint;
  /** Whether a replicator is connected. */
  readonly active: boolean;
  /** Why the slot can deliver nothing any more; null: it can. */
  readonly invalidation: string | null;
}

/** Null where there is no slot. */
export async function readSlot(primary: PostgresSession): Promise<SlotState | null> {
  const [row] = await primary.query<{
    confirmed_flush_lsn: string | null;
    restart_lsn: string | null;
    active: boolean;
    invalidation: string | null;
  }>({
    text: `
SELECT confirmed_flush_lsn, restart_lsn, active,
       CASE WHEN wal_status = 'lost' OR invalidation_reason IS NOT NULL
            THEN coalesce(invalidation_reason, 'wal_removed') END AS invalidation
FROM pg_replication_slots
WHERE slot_name = $1`,
    values: [CDC_SLOT],
  });
  if (row === undefined) return null;
  return {
    confirmedLsn: parseLsn(row.confirmed_flush_lsn ?? '0/0'),
    restartLsn: parseLsn(row.restart_lsn ?? '0/0'),
    active: row.active,
    invalidation: row.invalidation,
  };
}

/** Fails (object_in_use) while a replicator uses the slot. */
export async function dropSlot(primary: PostgresSession): Promise<void> {
  await primary.query({
    text: 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1',
    values: [CDC_SLOT],
  });
}

/** The end of the primary's WAL. */
export async function currentLsn(primary: PostgresSession): Promise<bigint> {
  const [row] = await primary.query<{ lsn: string }>({ text: 'SELECT pg_current_wal_insert_lsn() AS lsn', values: [] });
  return parseLsn(row?.lsn ?? '0/0');
}
