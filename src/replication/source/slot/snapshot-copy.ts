import type { PostgresDatabase, PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import { readHeartbeat, type StoredHeartbeat } from '../../../watermarks/heartbeat.ts';
import { AUDIT_TUPLE_COLUMNS, type AuditTuple, changeVersion, type EntityTuple, TUPLE_COLUMNS } from '../../change.ts';
import type { ChangeReceiver, CopyProgress } from '../change-source.ts';
import { readNeededCatalog } from './needed-catalog.ts';

/** Rows per fetch. */
const FETCH_ROWS = 1_000;

export interface Snapshot {
  readonly primary: PostgresDatabase;
  /** As exported by the connection that created the slot. */
  readonly name: string;
  /** The consistent point of that slot: the snapshot contains the transactions whose commit lies before it, and no other. */
  readonly point: bigint;
}

/**
 * Delivers every entity and the audit of the snapshot. Memory is bounded by one fetch.
 * @param onProgress may throw to end the copy.
 * @returns the shard's heartbeat in the snapshot.
 */
export function copySnapshot(
  { primary, name, point }: Snapshot,
  receiver: Pick<ChangeReceiver, 'receive'>,
  onProgress: (progress: CopyProgress) => void,
  signal: AbortSignal,
): Promise<StoredHeartbeat> {
  const lsn = point - 1n;
  const version = changeVersion(lsn, 0);
  return primary.transaction(
    async (session) => {
      await session.query({ text: `SET TRANSACTION SNAPSHOT '${snapshotName(name)}'`, values: [] });
      await receiver.receive({ kind: 'catalog', revision: await readNeededCatalog(session) });
      const estimatedRows = await estimateRows(session);
      let rows = 0;
      onProgress({ rows, estimatedRows });
      await eachFetch<EntityTuple>(session, 'atlas.entity', TUPLE_COLUMNS, async (fetched) => {
        for (const row of fetched) await receiver.receive({ kind: 'upsert', lsn, version, row, previous: null });
        rows += fetched.length;
        onProgress({ rows, estimatedRows });
      });
      await eachFetch<AuditTuple>(session, 'atlas.audit', AUDIT_TUPLE_COLUMNS, async (fetched) => {
        for (const row of fetched) await receiver.receive({ kind: 'audit', lsn, row });
        onProgress({ rows, estimatedRows });
      });
      return readHeartbeat(session);
    },
    'REPEATABLE READ',
    signal,
  );
}

async function eachFetch<Tuple extends object>(
  session: PostgresSession,
  table: string,
  columns: readonly string[],
  take: (fetched: readonly Tuple[]) => Promise<void>,
): Promise<void> {
  const texts = columns.map((column) => `${column}::text`).join(', ');
  await session.query({ text: `DECLARE copied NO SCROLL CURSOR FOR SELECT ${texts} FROM ${table}`, values: [] });
  for (;;) {
    const fetched = await session.query<Tuple>({ text: `FETCH ${FETCH_ROWS} FROM copied`, values: [] });
    if (fetched.length === 0) break;
    await take(fetched);
  }
  await session.query({ text: 'CLOSE copied', values: [] });
}

/** SET takes no bound values. */
function snapshotName(text: string): string {
  if (/^[0-9A-F-]+$/.test(text)) return text;
  throw new Error(`The primary exported a snapshot with the unexpected name ${JSON.stringify(text)}`);
}

/** How many entities the server has, from its statistics; null if there are none yet. */
export async function estimateRows(session: PostgresSession): Promise<number | null> {
  const [row] = await session.query<{ estimate: number | null }>({
    text: `
SELECT CASE WHEN bool_and(reltuples >= 0) THEN sum(reltuples)::double precision END AS estimate
FROM pg_partition_tree('atlas.entity') JOIN pg_class ON pg_class.oid = relid
WHERE isleaf`,
    values: [],
  });
  return row?.estimate ?? null;
}
