import type { PostgresDatabase, PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import type { Author } from '../../../domain/caller.ts';
import type { Erasure } from '../../../domain/erasure.ts';
import type { TenantId } from '../../../domain/identifiers.ts';
import { COMPLETE_WITHOUT_COPY, ERASURE_COLUMNS, type ErasureRow, erasureOf } from './erasure-row.ts';

/** Entities per transaction. */
const BATCH = 1_000;
/** Elements of lists in one transaction, which are rows of their own; those of one entity more than this at most. */
const BATCH_ELEMENTS = 50_000;
/** Times that the shard is looked through again because entities were created meanwhile. */
const MAX_ROUNDS = 10;

const UNFINISHED = `
SELECT ${ERASURE_COLUMNS} FROM atlas.erasure
WHERE tenant_id = $1 AND entity_id IS NULL AND position IS NULL ORDER BY erasure_id LIMIT 1`;
const NEWEST = `
SELECT ${ERASURE_COLUMNS} FROM atlas.erasure WHERE tenant_id = $1 AND entity_id IS NULL ORDER BY erasure_id DESC LIMIT 1`;
const BEGIN = `INSERT INTO atlas.erasure (tenant_id, subject) VALUES ($1, $2) RETURNING ${ERASURE_COLUMNS}`;
/** As for one entity: locked first, so that the next statement sees everything that was written to them; see delete-statement.ts. */
const LOCK = `
WITH locked AS (
  SELECT entity_id FROM atlas.entity WHERE tenant_id = $1 ORDER BY entity_id LIMIT ${BATCH} FOR UPDATE
), counted AS (
  SELECT entity_id, (
    SELECT sum(value_number) FROM atlas.entity_attribute a
    WHERE a.tenant_id = $1 AND a.entity_id = locked.entity_id AND a.value_list IS NOT NULL
  ) AS elements FROM locked
)
SELECT array_agg(entity_id) AS ids, pg_sleep(0.001) FROM (
  SELECT entity_id, sum(elements) OVER (ORDER BY entity_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM counted
) batch WHERE coalesce(before, 0) < ${BATCH_ELEMENTS}`;
const ERASE = `
WITH erased AS (
  DELETE FROM atlas.entity WHERE tenant_id = $1 AND entity_id = ANY ($2::bigint[]) RETURNING 1
), attributes AS (
  DELETE FROM atlas.entity_attribute WHERE tenant_id = $1 AND entity_id = ANY ($2::bigint[]) RETURNING 1
)
UPDATE atlas.erasure SET entities = entities + (SELECT count(*) FROM erased),
  attribute_rows = attribute_rows + (SELECT count(*) FROM attributes)
WHERE erasure_id = $3 RETURNING entities`;
/** Waits for all writers, and holds them off for the one statement that follows. */
const HOLD_WRITERS = ["SET LOCAL lock_timeout = '10s'", 'LOCK TABLE atlas.entity IN SHARE MODE'];
const FINISH = `
WITH audited AS (
  INSERT INTO atlas.audit (tenant_id, at, subject, operation)
  SELECT $1, clock_timestamp(), $2, 'ERASE_TENANT' WHERE NOT EXISTS (SELECT FROM atlas.entity WHERE tenant_id = $1)
), imports AS (
  DELETE FROM atlas.import_progress WHERE tenant_id = $1
), attributes AS (
  DELETE FROM atlas.entity_attribute WHERE tenant_id = $1 AND NOT EXISTS (SELECT FROM atlas.entity WHERE tenant_id = $1)
)
UPDATE atlas.erasure SET position = pg_current_wal_insert_lsn(), completed_at = ${COMPLETE_WITHOUT_COPY}
WHERE erasure_id = $3 AND NOT EXISTS (SELECT FROM atlas.entity WHERE tenant_id = $1)
RETURNING ${ERASURE_COLUMNS}`;

const runner =
  (session: PostgresSession, tenant: TenantId, signal?: AbortSignal) =>
  <Row extends object>(text: string, values: readonly unknown[]) =>
    session.query<Row>({ tenant, text, values }, signal);

/**
 * Removes every entity of a tenant from one shard, in transactions of 1,000, or fewer if they have long lists. An erasure that was interrupted is continued.
 * @param onProgress the number of entities that were removed.
 * @throws Error if the tenant is written to all the time; AtlasError SHARD_UNAVAILABLE | TIMEOUT, or the signal's reason.
 */
export async function eraseTenantFromShard(
  primary: PostgresDatabase,
  { tenantId, subject }: Author,
  onProgress: (entities: number) => void,
  signal: AbortSignal,
): Promise<Erasure> {
  const run = runner(primary, tenantId, signal);
  const [begun] = await run<ErasureRow>(UNFINISHED, [tenantId]);
  const [row] = begun === undefined ? await run<ErasureRow>(BEGIN, [tenantId, subject]) : [begun];
  if (row === undefined) throw new Error('The erasure could not be recorded');
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    while (await eraseBatch(primary, tenantId, row.erasure_id, onProgress, signal)) signal.throwIfAborted();
    const finished = await primary.transaction(
      async (session) => {
        for (const text of HOLD_WRITERS) await session.query({ tenant: tenantId, text, values: [] });
        return runner(session, tenantId)<ErasureRow>(FINISH, [tenantId, subject, row.erasure_id]);
      },
      'READ COMMITTED',
      signal,
    );
    if (finished[0] !== undefined) return erasureOf(primary.shard, finished[0]);
  }
  throw new Error(
    `Tenant ${tenantId} is written to on shard ${primary.shard} while it is erased; end that, then run the command again to continue.`,
  );
}

/** @returns whether there was anything. */
async function eraseBatch(
  primary: PostgresDatabase,
  tenantId: TenantId,
  erasure: string,
  onProgress: (entities: number) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const work = async (session: PostgresSession): Promise<boolean> => {
    const run = runner(session, tenantId);
    const [locked] = await run<{ ids: string[] | null }>(LOCK, [tenantId]);
    const ids = locked?.ids ?? [];
    if (ids.length === 0) return false;
    const [row] = await run<{ entities: string }>(ERASE, [tenantId, ids, erasure]);
    onProgress(Number(row?.entities ?? 0));
    return true;
  };
  return primary.transaction(work, 'READ COMMITTED', signal);
}

/** The newest erasure of the tenant on this shard; null: there was none. */
export async function tenantErasure(
  primary: PostgresDatabase,
  tenantId: TenantId,
  signal?: AbortSignal,
): Promise<Erasure | null> {
  const [row] = await runner(primary, tenantId, signal)<ErasureRow>(NEWEST, [tenantId]);
  return row === undefined ? null : erasureOf(primary.shard, row);
}

/** @param home the shard with the catalog. @returns how many definitions cannot be written with from now on. */
export function retireDefinitions(home: PostgresDatabase, tenantId: TenantId, signal?: AbortSignal): Promise<number> {
  return countOf(home, 'SELECT atlas.retire_definitions($1) AS count', tenantId, signal);
}

/** Only once the erasure of the tenant is complete on every shard. @returns how many definitions were removed. */
export function eraseDefinitions(home: PostgresDatabase, tenantId: TenantId, signal?: AbortSignal): Promise<number> {
  return countOf(home, 'SELECT atlas.erase_definitions($1) AS count', tenantId, signal);
}

async function countOf(
  home: PostgresDatabase,
  text: string,
  tenantId: TenantId,
  signal: AbortSignal | undefined,
): Promise<number> {
  const [row] = await runner(home, tenantId, signal)<{ count: string }>(text, [tenantId]);
  return Number(row?.count ?? 0);
}
