import type { PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import type { AttributeDefinition, AttributeType, AttributeValue } from '../../../domain/catalog/attribute.ts';
import {
  type AttributePlace,
  LIST_COLUMN,
  ROW_COLUMNS,
  type RowColumn,
} from '../../../domain/catalog/attribute-place.ts';
import type { EntityId } from '../../../domain/identifiers.ts';
import { indexedForm, listForm } from '../../../domain/values/indexed-form.ts';
import { type EntitySpan, inSpan } from './move-statements.ts';
import type { StepWork } from './shard-step.ts';

type Indexed = string | number | boolean;

/** An entity that has the attribute, or has something in the place. */
interface PlacedRow {
  readonly entity_id: EntityId;
  readonly has_value: boolean;
  readonly value: AttributeValue;
  readonly is_placed: boolean;
  readonly placed: Indexed | Date | null;
  readonly placed_list: string | null;
}

/** What is to be in the place; null: nothing. */
interface Wanted {
  readonly id: EntityId;
  readonly indexed: Indexed | null;
  /** Of a list. */
  readonly list: string | null;
}

const ARRAYS: Readonly<Record<AttributeType, string>> = {
  TEXT: 'text[]',
  JSON: 'text[]',
  REFERENCE: 'text[]',
  NUMBER: 'float8[]',
  BOOLEAN: 'boolean[]',
  TIMESTAMP: 'timestamptz[]',
  TEXT_LIST: 'float8[]',
  NUMBER_LIST: 'float8[]',
};

/**
 * Brings the place of the entities of a span to what their attributes say. The indexed form is computed here: SQL cannot write
 * canonical JSON. An entity whose place is right is only read.
 */
export function buildPlace(definition: AttributeDefinition, place: AttributePlace): StepWork {
  return async (session, span) => {
    const wrong = await misplaced(session, definition, place, span, null);
    if (wrong.length === 0) return 0;
    const ids = wrong.map(({ id }) => id);
    const { tenantId } = definition;
    await session.query({
      tenant: tenantId,
      text: `SELECT FROM atlas.entity WHERE tenant_id = $1 AND entity_id = ANY ($2::bigint[]) ORDER BY entity_id FOR NO KEY UPDATE`,
      values: [tenantId, ids],
    });
    // They may have been changed before they were locked.
    const still = await misplaced(session, definition, place, span, ids);
    await correct(session, definition, place, still);
    return still.length;
  };
}

async function misplaced(
  session: PostgresSession,
  { id, tenantId, type }: AttributeDefinition,
  place: AttributePlace,
  { after, upTo }: EntitySpan,
  ids: readonly EntityId[] | null,
): Promise<readonly Wanted[]> {
  const placed = place.kind === 'column' ? `e.${place.column}` : `a.${place.column}`;
  const isPlaced = place.kind === 'column' ? `${placed} IS NOT NULL` : 'a.entity_id IS NOT NULL';
  const placedList = place.kind === 'column' ? 'NULL' : `a.${LIST_COLUMN}`;
  // A row may be left without its entity.
  const from =
    place.kind === 'column'
      ? `atlas.entity e WHERE ${inSpan('e')}`
      : `(SELECT * FROM atlas.entity e WHERE ${inSpan('e')}) e
         FULL JOIN (SELECT * FROM atlas.entity_attribute a WHERE ${inSpan('a')} AND a.attribute_id = $4::text::integer) a USING (entity_id)
         WHERE true`;
  const rows = await session.query<PlacedRow>({
    tenant: tenantId,
    text: `SELECT entity_id, coalesce(e.attributes ? $4::text, false) AS has_value, e.attributes -> $4::text AS value, ${isPlaced} AS is_placed, ${placed} AS placed, ${placedList} AS placed_list
      FROM ${from} AND (e.attributes ? $4::text OR ${isPlaced}) AND ($5::bigint[] IS NULL OR entity_id = ANY ($5::bigint[]))
      ORDER BY entity_id`,
    values: [tenantId, after, upTo, String(id), ids],
  });
  return rows.flatMap((row) => {
    const indexed = row.has_value ? indexedForm(type, row.value) : null;
    const list = row.has_value ? listForm(type, row.value) : null;
    const found = row.placed instanceof Date ? row.placed.toISOString() : row.placed;
    const isRight = row.is_placed === (indexed !== null) && found === indexed && row.placed_list === list;
    return isRight ? [] : [{ id: row.entity_id, indexed, list }];
  });
}

/** An entity whose rows of entity_attribute change is written too, as it is: change capture sees entities only. */
async function correct(
  session: PostgresSession,
  { id, tenantId, type }: AttributeDefinition,
  place: AttributePlace,
  wanted: readonly Wanted[],
): Promise<void> {
  const run = (text: string, values: readonly unknown[]) =>
    session.query({ tenant: tenantId, text, values: [tenantId, ...values] });
  const ids = wanted.map((entity) => entity.id);
  const values = wanted.map(({ indexed }) => indexed);
  if (place.kind === 'column') {
    await run(
      `UPDATE atlas.entity e SET ${place.column} = v.value FROM unnest($2::bigint[], $3::${ARRAYS[type]}) AS v (id, value)
       WHERE e.tenant_id = $1 AND e.entity_id = ANY ($2::bigint[]) AND e.entity_id = v.id`,
      [ids, values],
    );
    return;
  }
  await run('UPDATE atlas.entity SET version = version WHERE tenant_id = $1 AND entity_id = ANY ($2::bigint[])', [ids]);
  await run(
    `DELETE FROM atlas.entity_attribute WHERE tenant_id = $1 AND attribute_id = $2 AND entity_id = ANY ($3::bigint[])`,
    [id, wanted.filter(({ indexed }) => indexed === null).map((entity) => entity.id)],
  );
  await insertRows(run, id, place.column, wanted, ARRAYS[type]);
}

async function insertRows(
  run: (text: string, values: readonly unknown[]) => Promise<unknown>,
  attributeId: number,
  column: RowColumn,
  wanted: readonly Wanted[],
  array: string,
): Promise<void> {
  const placed = wanted.filter(({ indexed }) => indexed !== null);
  const others = ROW_COLUMNS.filter((name) => name !== column).map((name) => `, ${name} = NULL`);
  await run(
    `INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, ${column}, ${LIST_COLUMN})
     SELECT $1, v.id, $2, v.value, v.list FROM unnest($3::bigint[], $4::${array}, $5::text[]) AS v (id, value, list)
     ON CONFLICT (tenant_id, entity_id, attribute_id)
     DO UPDATE SET ${column} = EXCLUDED.${column}, ${LIST_COLUMN} = EXCLUDED.${LIST_COLUMN}${others.join('')}`,
    [attributeId, placed.map(({ id }) => id), placed.map(({ indexed }) => indexed), placed.map(({ list }) => list)],
  );
}
