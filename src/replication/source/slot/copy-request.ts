import type { PostgresSession } from '../../../connections/postgres/postgres-database.ts';

/** Of the logical messages by which a process asks the one that streams a shard to copy it anew. */
export const COPY_REQUEST_PREFIX = 'atlas.resync';

/**
 * Asks whoever streams the shard for a new copy. It is part of the WAL, so it arrives exactly there, once that process has got so far.
 * @param replaced the copy that is read now. A request that arrives when it has been replaced has no effect.
 */
export async function requestCopy(primary: PostgresSession, replaced: bigint, signal: AbortSignal): Promise<void> {
  await primary.query(
    { text: 'SELECT pg_logical_emit_message(true, $1, $2)', values: [COPY_REQUEST_PREFIX, String(replaced)] },
    signal,
  );
}
