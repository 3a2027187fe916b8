import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresServer, Statement } from '../connections/postgres/postgres-database.ts';
import { replayedPosition, writtenPosition } from '../watermarks/wal-position.ts';

/** How long transactions that write entities are waited for. Those that run longer leave the position unproven. */
const WRITERS_WAIT_MS = 2_000;
const WRITERS_POLL_MS = 20;

/** Held until the transaction's changes are visible, unlike its commit record. */
const WRITERS: Statement = {
  text: `
SELECT DISTINCT virtualtransaction AS id FROM pg_locks JOIN pg_partition_tree('atlas.entity') ON relation = relid
WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  values: [],
};

/**
 * A position up to which every commit is visible to all snapshots that are taken once this call has returned. On a replica, that is what
 * it has replayed. On a primary, a commit that is in the WAL may not be visible yet (while it waits for a standby, for minutes),
 * so the transactions that were writing entities at that position must have ended.
 * @returns null if it cannot be proven.
 */
export async function provenPosition(server: PostgresServer, signal: AbortSignal): Promise<bigint | null> {
  if (server.role === 'replica') return replayedPosition(server, signal);
  const position = await writtenPosition(server, signal);
  const writing = async () => (await server.query<{ id: string }>(WRITERS, signal)).map(({ id }) => id);
  const writers = new Set(await writing());
  const deadline = performance.now() + WRITERS_WAIT_MS;
  let running = [...writers];
  while (running.length > 0) {
    if (performance.now() > deadline) return null;
    await delay(WRITERS_POLL_MS, undefined, { signal });
    running = (await writing()).filter((id) => writers.has(id));
  }
  return position;
}
