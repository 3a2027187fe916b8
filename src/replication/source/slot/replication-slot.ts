import type { PostgresDatabase, PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import type { ShardEndpoints } from '../../../domain/shard.ts';
import { startDeadline } from '../../../lib/deadline.ts';
import { parseLsn } from './lsn.ts';
import { type PublicationState, readPublication } from './publication.ts';

/** One on every shard's primary. It records how far the sink has come and retains the WAL from there on. */
export const CDC_SLOT = 'atlas_cdc';
export const CDC_APPLICATION = 'atlas replicate';

export interface CapturedShard {
  readonly endpoints: ShardEndpoints;
  /** Of the same server, without a statement timeout: a copy of all entities is one long statement. */
  readonly primary: PostgresDatabase;
  /** How long a process that streams or copies the shard may be silent before the primary lets another one in, in milliseconds. */
  readonly leaseMs: number;
}

/** What a primary can deliver. */
export interface PrimaryState {
  /** Null: atlas.shard has no row yet. */
  readonly shard: ShardId | null;
  /** Whether changes of every partition of atlas.entity carry the old row. */
  readonly sendsOldRows: boolean;
  readonly publication: PublicationState;
  readonly slot: SlotState | null;
  /** The end of the WAL. */
  readonly end: bigint;
}

export interface SlotState {
  /** The slot has released the changes before this position. */
  readonly confirmedLsn: bigint;
  /** The connection that uses it, in words for the log; null: none does. */
  readonly holder: string | null;
  /** Why the slot can no longer deliver; null if it can. */
  readonly invalidation: string | null;
}

/** What a primary says about itself is a few rows. One that has not sent them by then is taken to be dead. */
const LONGEST_SILENCE_MS = 10_000;

/** @throws as `query` does, or Error if the primary is silent for too long. */
export async function readPrimary(primary: PostgresSession, signal: AbortSignal): Promise<PrimaryState> {
  const limit = startDeadline(
    LONGEST_SILENCE_MS,
    () => new Error(`The primary has been silent for ${LONGEST_SILENCE_MS / 1000} s`),
  );
  const onAbort = () => limit.abort(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    signal.throwIfAborted();
    return await askPrimary(primary, limit.signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
    limit.clear();
  }
}

async function askPrimary(primary: PostgresSession, signal: AbortSignal): Promise<PrimaryState> {
  // The end last: the slot's positions and those already in the sink must not lie beyond it.
  const slot = await readSlot(primary, signal);
  const publication = await readPublication(primary, signal);
  const [row] = await primary.query<{ shard: ShardId | null; sends_old_rows: boolean | null; end: string }>(
    {
      text: `
SELECT (SELECT shard_id FROM atlas.shard) AS shard, pg_current_wal_insert_lsn() AS end,
       (SELECT bool_and(relreplident = 'f') FROM pg_partition_tree('atlas.entity') JOIN pg_class ON oid = relid) AS sends_old_rows`,
      values: [],
    },
    signal,
  );
  return {
    shard: row?.shard ?? null,
    sendsOldRows: row?.sends_old_rows === true,
    publication,
    slot,
    end: parseLsn(row?.end ?? '0/0'),
  };
}

/** Null if there is no slot. */
export async function readSlot(primary: PostgresSession, signal: AbortSignal): Promise<SlotState | null> {
  const [row] = await primary.query<{
    confirmed_flush_lsn: string | null;
    holder: string | null;
    invalidation: string | null;
  }>(
    {
      text: `
SELECT confirmed_flush_lsn,
       CASE WHEN active THEN format('%s from %s, server process %s',
            coalesce('"' || nullif(application_name, '') || '"', 'a connection'), coalesce(host(client_addr), 'an unknown address'), active_pid) END AS holder,
       CASE WHEN wal_status = 'lost' OR invalidation_reason IS NOT NULL
            THEN coalesce(invalidation_reason, 'wal_removed') END AS invalidation
FROM pg_replication_slots LEFT JOIN pg_stat_activity ON pid = active_pid
WHERE slot_name = $1`,
      values: [CDC_SLOT],
    },
    signal,
  );
  if (row === undefined) return null;
  return {
    confirmedLsn: parseLsn(row.confirmed_flush_lsn ?? '0/0'),
    holder: row.holder,
    invalidation: row.invalidation,
  };
}

/** Fails (object_in_use) while a replicator uses the slot. */
export async function dropSlot(primary: PostgresSession, signal: AbortSignal): Promise<void> {
  await primary.query(
    {
      text: 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1',
      values: [CDC_SLOT],
    },
    signal,
  );
}
