import type { PostgresDatabase, PostgresSession } from '../connections/postgres/postgres-database.ts';
import { type EntityTuple, TUPLE_COLUMNS } from '../replication/change.ts';
import {
  ATTRIBUTE_TABLE,
  type CheckedTable,
  checkedColumns,
  ENTITY_TABLE,
  JSON_TEXTS,
  type ValueForm,
  valueName,
} from './checked-columns.ts';
import type { EntityKey } from './entity-range.ts';
import { jsonTextSums, readJsonTexts } from './json-texts.ts';
import { inSnapshot, upperBound } from './postgres-chunk.ts';
import { provenPosition } from './proven-position.ts';

/** A row with its checked columns in the form that was asked for. */
export interface CheckedRow extends Readonly<Record<string, unknown>> {
  readonly tenant_id: number;
  readonly entity_id: string;
  /** Absent in rows of entity. */
  readonly attribute_id?: number;
}

/** Rows of some entities in one snapshot. */
export interface PostgresRows {
  readonly entities: readonly CheckedRow[];
  readonly attributes: readonly CheckedRow[];
  /** Every commit before this position is visible in the snapshot; null if none is proven to be. */
  readonly lower: bigint | null;
  /** No commit after this position is. */
  readonly upper: bigint;
}

export async function readPostgresRows(
  server: PostgresDatabase,
  keys: readonly EntityKey[],
  form: ValueForm,
  signal: AbortSignal,
): Promise<PostgresRows> {
  const lower = await provenPosition(server, signal);
  return inSnapshot(server, signal, async (session) => {
    const entities = await ofKeys<CheckedRow>(
      session,
      ENTITY_TABLE,
      checkedColumns(ENTITY_TABLE, 'postgres', form),
      keys,
    );
    const attributes = await ofKeys<CheckedRow>(
      session,
      ATTRIBUTE_TABLE,
      checkedColumns(ATTRIBUTE_TABLE, 'postgres', form),
      keys,
    );
    const texts = jsonTextSums(await readJsonTexts(session, IS_ASKED, keyValues(keys)));
    const byEntity = new Map(texts.map(({ tenant_id, entity_id, hash }) => [`${tenant_id}/${entity_id}`, hash]));
    const withTexts = entities.map((row) => ({
      ...row,
      [valueName(JSON_TEXTS)]: byEntity.get(`${row.tenant_id}/${row.entity_id}`) ?? null,
    }));
    return { entities: withTexts, attributes, lower, upper: await upperBound(session) };
  });
}

/** A row of entity_attribute; every value is text. */
export interface AttributeTuple {
  readonly tenant_id: number;
  readonly entity_id: string;
  readonly attribute_id: number;
  /** Of a list, its JSON. */
  readonly value_text: string | null;
  readonly value_number: string | null;
  readonly value_boolean: string | null;
  /** Milliseconds since the epoch. */
  readonly value_timestamp: string | null;
}

/** What a repair writes. */
export interface PostgresTuples {
  readonly entities: readonly EntityTuple[];
  readonly attributes: readonly AttributeTuple[];
  readonly lower: bigint | null;
}

export async function readPostgresTuples(
  server: PostgresDatabase,
  keys: readonly EntityKey[],
  signal: AbortSignal,
): Promise<PostgresTuples> {
  const lower = await provenPosition(server, signal);
  return inSnapshot(server, signal, async (session) => {
    const columns = TUPLE_COLUMNS.map((column) => `t.${column}::text`).join(', ');
    const entities = await ofKeys<EntityTuple>(session, ENTITY_TABLE, columns, keys);
    const attributes = await ofKeys<AttributeTuple>(
      session,
      ATTRIBUTE_TABLE,
      `t.tenant_id, t.entity_id::text, t.attribute_id, coalesce(t.value_text, t.value_list) AS value_text, t.value_number::text, t.value_boolean::text,
  floor(extract(epoch FROM t.value_timestamp) * 1000)::text AS value_timestamp`,
      keys,
    );
    return { entities, attributes, lower };
  });
}

function ofKeys<Row extends object>(
  session: PostgresSession,
  table: CheckedTable,
  columns: string,
  keys: readonly EntityKey[],
): Promise<Row[]> {
  return session.query<Row>({
    text: `
SELECT ${columns} FROM atlas.${table.name} AS t
JOIN unnest($1::int[], $2::bigint[]) AS asked (tenant, entity) ON t.tenant_id = asked.tenant AND t.entity_id = asked.entity`,
    values: keyValues(keys),
  });
}

const IS_ASKED = '(t.tenant_id, t.entity_id) IN (SELECT * FROM unnest($1::int[], $2::bigint[]))';

function keyValues(keys: readonly EntityKey[]): unknown[] {
  return [keys.map(({ tenantId }) => tenantId), keys.map(({ entityId }) => String(entityId))];
}
