import type { PostgresDatabase, PostgresSession } from '../connections/postgres/postgres-database.ts';
import { walBytes } from '../watermarks/wal-position.ts';
import { ATTRIBUTE_TABLE, type CheckedTable, ENTITY_TABLE, rowHash } from './checked-columns.ts';
import { compareKeys, type EntityKey, type EntityRange } from './entity-range.ts';
import { type JsonText, jsonTextHash, jsonTextSums, readJsonTexts } from './json-texts.ts';
import { type RowGroup, type RowGroupRow, rowGroup } from './row-groups.ts';

/** How much is compared at once. */
export interface ChunkLimits {
  /** Entities, at most. */
  readonly rows: number;
  /** Of stored attributes, unless a single entity has more. */
  readonly bytes: number;
}

/** What Postgres holds of a range, in one snapshot. */
export interface PostgresChunk {
  /** As much of the range that was asked for as the limits allow. */
  readonly range: EntityRange;
  /** By tenant and type. */
  readonly entities: readonly RowGroup[];
  /** Rows of entity_attribute, by tenant and attribute. */
  readonly attributes: readonly RowGroup[];
  /** Values of JSON attributes, by tenant and attribute. */
  readonly jsonTexts: readonly RowGroup[];
  /** No commit after this position is visible in the snapshot. */
  readonly upper: bigint;
}

/** The comparison of rows tells the planner little, and a scan of the table is never what is wanted. */
const BY_INDEX = { text: 'SET LOCAL enable_seqscan = off', values: [] };

/**
 * On a replica, a commit may be visible just before it counts as replayed, but only once it has been received. A replica that
 * reads an archive has received nothing.
 */
const UPPER = {
  text: `SELECT ${walBytes(`CASE WHEN pg_is_in_recovery() THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
  ELSE pg_current_wal_insert_lsn() END`)} AS position`,
  values: [],
};

/** Reads as much from the beginning of the range as the limits allow. */
export function readPostgresChunk(
  server: PostgresDatabase,
  range: EntityRange,
  limits: ChunkLimits,
  signal: AbortSignal,
): Promise<PostgresChunk> {
  return inSnapshot(server, signal, async (session) => {
    const upTo = (await endOfChunk(session, range, limits)) ?? range.upTo;
    const part = { after: range.after, upTo };
    const entities = await groups(session, ENTITY_TABLE, 'type', part);
    const attributes = await groups(session, ATTRIBUTE_TABLE, 'attribute_id::text', part);
    const jsonTexts = groupTexts(await readJsonTexts(session, IN_RANGE, bounds(part)));
    return { range: part, entities, attributes, jsonTexts, upper: await upperBound(session) };
  });
}

/** The sum of the hashes of one entity's rows, modulo 2^64. */
export interface EntityDigest {
  readonly tenant_id: number;
  readonly entity_id: string;
  readonly hash: string;
}

/** By entity, in the order of keys. Those of Postgres may be signed. */
export interface EntityDigests {
  readonly entities: readonly EntityDigest[];
  readonly attributes: readonly EntityDigest[];
  readonly jsonTexts: readonly EntityDigest[];
  /** They are complete up to here; null: the whole range. */
  readonly cutAfter: EntityKey | null;
}

/** At most `limit` entities of each table, in the order of keys. */
export function readPostgresDigests(
  server: PostgresDatabase,
  range: EntityRange,
  limit: number,
  signal: AbortSignal,
): Promise<EntityDigests & { readonly upper: bigint }> {
  return inSnapshot(server, signal, async (session) => {
    const read = (table: CheckedTable) =>
      session.query<EntityDigest>({
        text: `SELECT tenant_id, entity_id, sum(${rowHash(table, 'postgres')}) AS hash FROM atlas.${table.name} AS t
WHERE ${IN_RANGE} GROUP BY tenant_id, entity_id ORDER BY tenant_id, entity_id LIMIT $5::bigint`,
        values: [...bounds(range), limit],
      });
    const entities = await read(ENTITY_TABLE);
    const attributes = await read(ATTRIBUTE_TABLE);
    const texts = await readJsonTexts(session, IN_RANGE, bounds(range), limit);
    const jsonTexts = jsonTextSums(complete(texts, limit));
    const cut = [...lastOf(entities, limit), ...lastOf(attributes, limit)];
    if (texts.length >= limit) cut.push(...jsonTexts.slice(-1).map(keyOf));
    return { entities, attributes, jsonTexts, cutAfter: firstOf(cut), upper: await upperBound(session) };
  });
}

export function keyOf({ tenant_id, entity_id }: Pick<EntityDigest, 'tenant_id' | 'entity_id'>): EntityKey {
  return { tenantId: tenant_id, entityId: BigInt(entity_id) };
}

/** The last key of rows that the limit may have cut off. */
export function lastOf(rows: readonly EntityDigest[], limit: number): readonly EntityKey[] {
  return rows.length < limit ? [] : rows.slice(-1).map(keyOf);
}

/** Null of none. */
export function firstOf(keys: readonly EntityKey[]): EntityKey | null {
  return [...keys].sort(compareKeys)[0] ?? null;
}

/**
 * Of the last entity, some texts may be missing if there are as many as allowed. If all of them are of one entity, it is kept: it then
 * seems to differ, and is compared row by row.
 */
function complete(texts: readonly JsonText[], limit: number): readonly JsonText[] {
  const last = texts.length < limit ? undefined : texts.at(-1);
  const others = texts.filter(
    ({ tenant_id, entity_id }) => tenant_id !== last?.tenant_id || entity_id !== last.entity_id,
  );
  return others.length === 0 ? texts : others;
}

/** Statements of one snapshot. */
export function inSnapshot<T>(
  server: PostgresDatabase,
  signal: AbortSignal,
  work: (session: PostgresSession) => Promise<T>,
): Promise<T> {
  return server.transaction(
    async (session) => {
      await session.query(BY_INDEX);
      return work(session);
    },
    'REPEATABLE READ',
    signal,
  );
}

/** Call it in a snapshot, after its first statement. */
export async function upperBound(session: PostgresSession): Promise<bigint> {
  const [row] = await session.query<{ position: string | null }>(UPPER);
  if (row === undefined || row.position === null) throw new Error('The server has no WAL position');
  return BigInt(row.position);
}

const IN_RANGE =
  '(t.tenant_id, t.entity_id) > ($1::int, $2::bigint) AND (t.tenant_id, t.entity_id) <= ($3::int, $4::bigint)';

function bounds({ after, upTo }: EntityRange): unknown[] {
  return [after.tenantId, String(after.entityId), upTo.tenantId, String(upTo.entityId)];
}

/** Null if the limits allow everything. */
async function endOfChunk(
  session: PostgresSession,
  range: EntityRange,
  limits: ChunkLimits,
): Promise<EntityKey | null> {
  const [row] = await session.query<{ tenant_id: number; entity_id: string; is_whole: boolean }>({
    text: `
SELECT tenant_id, entity_id, place = scanned AND scanned < $5::bigint AS is_whole FROM (
  SELECT tenant_id, entity_id, row_number() OVER keys AS place, count(*) OVER () AS scanned,
         sum(pg_column_size(attributes)) OVER keys AS bytes
  FROM (SELECT tenant_id, entity_id, attributes FROM atlas.entity AS t WHERE ${IN_RANGE}
        ORDER BY tenant_id, entity_id LIMIT $5::bigint) AS first
  WINDOW keys AS (ORDER BY tenant_id, entity_id)
) AS sized
WHERE place = 1 OR bytes <= $6::bigint
ORDER BY place DESC LIMIT 1`,
    values: [...bounds(range), limits.rows, limits.bytes],
  });
  if (row === undefined || row.is_whole) return null;
  return { tenantId: row.tenant_id, entityId: BigInt(row.entity_id) };
}

async function groups(
  session: PostgresSession,
  table: CheckedTable,
  name: string,
  range: EntityRange,
): Promise<RowGroup[]> {
  const rows = await session.query<RowGroupRow>({
    text: `
SELECT tenant_id, ${name} AS name, count(*) AS rows, sum(${rowHash(table, 'postgres')}) AS checksum
FROM atlas.${table.name} AS t WHERE ${IN_RANGE} GROUP BY 1, 2`,
    values: bounds(range),
  });
  return rows.map(rowGroup);
}

function groupTexts(texts: readonly JsonText[]): RowGroup[] {
  const groups = new Map<string, RowGroup>();
  for (const text of texts) {
    const name = String(text.attribute_id);
    const key = `${text.tenant_id}/${name}`;
    const { rows, checksum } = groups.get(key) ?? { rows: 0, checksum: 0n };
    const sum = BigInt.asUintN(64, checksum + jsonTextHash(text));
    groups.set(key, { tenantId: text.tenant_id, name, rows: rows + 1, checksum: sum });
  }
  return [...groups.values()];
}
