import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresSession } from '../../../connections/postgres/postgres-database.ts';

const POLL_MS = 20;

/** A statement locks the table before it takes its snapshot, and keeps the lock until its transaction ends. */
const WRITERS = `
SELECT DISTINCT virtualtransaction AS id FROM pg_locks
WHERE locktype = 'relation' AND relation = 'atlas.entity'::regclass AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/**
 * Resolves when every transaction that was writing entities at the time of the call has ended. Those that follow see, in their
 * snapshots, everything that had committed before the call. Nobody is held off meanwhile.
 */
export async function untilWritersEnd(primary: PostgresSession, signal: AbortSignal): Promise<void> {
  const running = async () => {
    const rows = await primary.query<{ id: string }>({ text: WRITERS, values: [] }, signal);
    return new Set(rows.map(({ id }) => id));
  };
  let before = await running();
  while (before.size > 0) {
    await delay(POLL_MS, undefined, { signal });
    const now = await running();
    before = new Set([...before].filter((id) => now.has(id)));
  }
}
