import type { PostgresDatabase, PostgresSession } from '../../connections/postgres/postgres-database.ts';
import type { ChangePipeline } from '../change-pipeline.ts';
import { ENTITY_COLUMNS, type EntityTuple } from '../entity-tuple.ts';

/** Rows that are fetched at once. */
const FETCH_ROWS = 1_000;

export interface SnapshotProgress {
  readonly rows: number;
  /** By the planner's statistics; null where there are none yet. */
  readonly estimatedRows: number | null;
}

export interface SnapshotSource {
  readonly primary: PostgresDatabase;
  /** As exported by the connection that made the slot. */
  readonly snapshot: string;
  /** Of the rows: not above any change that the slot delivers. */
  readonly version: bigint;
}

/**
 * Sends every entity of the snapshot through the pipeline. Memory is bounded by one fetch and the pipeline.
 * @param onProgress may throw to end the copy.
 * @returns the shard's heartbeat in the snapshot, as Postgres prints it; null: none yet.
 */
export function copySnapshot(
  source: SnapshotSource,
  pipeline: ChangePipeline,
  onProgress: (progress: SnapshotProgress) => void,
): Promise<string | null> {
  return source.primary.transaction(async (session) => {
    await session.query({ text: `SET TRANSACTION SNAPSHOT '${snapshotName(source.snapshot)}'`, values: [] });
    const estimatedRows = await estimateRows(session);
    let rows = 0;
    onProgress({ rows, estimatedRows });
    const columns = ENTITY_COLUMNS.map((column) => `${column}::text`).join(', ');
    await session.query({
      text: `DECLARE copied NO SCROLL CURSOR FOR SELECT ${columns} FROM atlas.entity`,
      values: [],
    });
    for (;;) {
      const fetched = await session.query<EntityTuple>({ text: `FETCH ${FETCH_ROWS} FROM copied`, values: [] });
      if (fetched.length === 0) return readHeartbeat(session);
      for (const row of fetched) {
        await pipeline.receive({ kind: 'upsert', lsn: source.version, row, previous: null });
      }
      rows += fetched.length;
      onProgress({ rows, estimatedRows });
    }
  }, 'REPEATABLE READ');
}

/** SET takes no bound values. */
function snapshotName(text: string): string {
  if (/^[0-9A-F-]+$/.test(text)) return text;
  throw new Error(`The primary exported a snapshot with the unexpected name ${JSON.stringify(text)}`);
}

async function estimateRows(session: PostgresSession): Promise<number | null> {
  const [row] = await session.query<{ estimate: number | null }>({
    text: `
SELECT CASE WHEN bool_and(reltuples >= 0) THEN sum(reltuples)::double precision END AS estimate
FROM pg_partition_tree('atlas.entity') JOIN pg_class ON pg_class.oid = relid
WHERE isleaf`,
    values: [],
  });
  return row?.estimate ?? null;
}

async function readHeartbeat(session: PostgresSession): Promise<string | null> {
  const [row] = await session.query<{ heartbeat_at: string | null }>({
    text: 'SELECT heartbeat_at::text FROM atlas.shard',
    values: [],
  });
  return row?.heartbeat_at ?? null;
}
