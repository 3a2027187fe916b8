import type { PostgresSession } from '../connections/postgres/postgres-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { horizonSlot } from './horizon.ts';
import { walBytes } from './wal-position.ts';

/** SQL for a timestamptz as whole microseconds since the epoch. */
function microseconds(moment: string): string {
  return `(extract(epoch FROM ${moment}) * 1000000)::bigint`;
}

/** SQL for a timestamptz as milliseconds since the epoch, with the microseconds that a Date would lose. */
export function milliseconds(moment: string): string {
  return `(extract(epoch FROM ${moment}) * 1000)::double precision`;
}

/**
 * Half a period, because timers jitter: with a whole one a process would find its own last beat too young and skip every
 * other beat. A beat from the future was written before the primary's clock was set back: it must not suppress the others.
 *
 * synchronous_commit = local: a beat waits for no standby, so a standby that is down does not stop the heartbeat of the
 * others. Not `off`, because WAL is sent to standbys and slots only once it is flushed, and an asynchronous commit on an
 * idle primary leaves that to the WAL writer's next round: a beat then reaches the replica after 140 ms instead of 3.
 *
 * The position is taken after the snapshot of the statement: whatever had ended by then has its end in the WAL before it. If the statement
 * waits for another one, its snapshot is the older one, and so is the horizon: it only covers less.
 */
const BEAT = `
WITH setting AS MATERIALIZED (SELECT set_config('synchronous_commit', 'local', true)),
beat AS (
  UPDATE atlas.shard SET heartbeat_at = clock_timestamp(), heartbeat_lsn = pg_current_wal_insert_lsn()
  FROM setting
  WHERE heartbeat_at IS NULL
     OR heartbeat_at < clock_timestamp() - $1 * interval '0.5 milliseconds'
     OR heartbeat_at > clock_timestamp()
  RETURNING ${microseconds('heartbeat_at')} AS heartbeat, heartbeat_lsn AS lsn
), horizon AS (
  INSERT INTO atlas.horizon (slot, heartbeat, lsn, oldest)
  SELECT ${horizonSlot('heartbeat')}, heartbeat, lsn, pg_snapshot_xmin(pg_current_snapshot()) FROM beat
  ON CONFLICT (slot) DO UPDATE SET
    heartbeat = excluded.heartbeat, lsn = excluded.lsn, oldest = excluded.oldest, system_id = excluded.system_id
)
SELECT ${milliseconds('clock_timestamp()')} AS clock,
       (SELECT count(pg_logical_emit_message(true, marker, '')) FROM beat CROSS JOIN unnest($2::text[]) marker) AS markers`;

/**
 * Writes the shard's heartbeat, with its row in atlas.horizon, unless some process has written one within half of `periodMs`.
 * @param markers prefixes of logical messages that come with it, in its transaction.
 * @returns the primary's clock, in ms since the epoch, read while the statement ran.
 */
export async function beat(
  primary: PostgresSession,
  periodMs: number,
  markers: readonly string[] = [],
): Promise<number> {
  const [row] = await primary.query<{ clock: number }>({ name: 'heartbeat', text: BEAT, values: [periodMs, markers] });
  if (row === undefined) throw new Error('The heartbeat statement returned no row');
  return row.clock;
}

/** What a server, primary or replica, has of its shard's heartbeat. */
export interface StoredHeartbeat {
  readonly shard: ShardId;
  /** The newest heartbeat here, in milliseconds since the epoch on the primary's clock; null: none has arrived. */
  readonly heartbeatAt: number | null;
  /** Its position in the primary's WAL, in bytes; null: none has arrived. */
  readonly lsn: bigint | null;
  /** The server's own clock, in milliseconds since the epoch. */
  readonly clock: number;
}

const READ = `
SELECT shard_id AS shard,
       ${milliseconds('heartbeat_at')} AS "heartbeatAt",
       ${walBytes('heartbeat_lsn')} AS lsn,
       ${milliseconds('clock_timestamp()')} AS clock
FROM atlas.shard`;

/** @throws Error if the shard has not been set up. */
export async function readHeartbeat(server: PostgresSession): Promise<StoredHeartbeat> {
  const [row] = await server.query<Omit<StoredHeartbeat, 'lsn'> & { readonly lsn: string | null }>({
    name: 'read-heartbeat',
    text: READ,
    values: [],
  });
  if (row === undefined) throw new Error('atlas.shard has no row; run "atlas migrate" to set up the shard');
  return { ...row, lsn: row.lsn === null ? null : BigInt(row.lsn) };
}
