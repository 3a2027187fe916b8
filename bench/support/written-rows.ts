import { deepStrictEqual } from 'node:assert/strict';
import type pg from 'pg';
import type { AttributeDefinition, AttributeValue } from '../../src/domain/catalog/attribute.ts';
import { ROW_COLUMNS, type RowColumn } from '../../src/domain/catalog/attribute-place.ts';
import { writtenPlaces } from '../../src/domain/catalog/attribute-storage.ts';
import { indexedForm } from '../../src/domain/values/indexed-form.ts';
import { ShardMap } from '../../src/sharding/shard-map.ts';
import { ENTITY_TYPE, generatedEntity, tailSize } from './generated-entities.ts';
import { GIANT, type Stage } from './stage.ts';

/** An entity to write, in the form that either side takes. */
export interface WrittenRow {
  readonly id: string;
  /** UpsertEntityInput. */
  readonly input: object;
  /** Values by attribute id. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Values of hot columns. */
  readonly hot: Readonly<Record<string, unknown>>;
  /** Of entity_attribute. */
  readonly rows: readonly { readonly attribute: number; readonly column: RowColumn; readonly value: unknown }[];
}

type AttributeOf = (key: string) => AttributeDefinition;

/** Generated entities of the giant tenant, under other ids: from `from + offset` on. */
export function writtenRows(
  stage: Stage,
  attribute: AttributeOf,
  offset: number,
  from: number,
  count: number,
): WrittenRow[] {
  const tail = tailSize(stage.options);
  return Array.from({ length: count }, (_none, n) => {
    const { id: _id, ...values } = generatedEntity(GIANT, from + n, tail);
    const given = Object.entries(values).map(([key, value]) => ({
      attribute: attribute(key),
      value: value as AttributeValue,
    }));
    const id = String(offset + from + n);
    const hot: Record<string, unknown> = {};
    const rows: { attribute: number; column: RowColumn; value: unknown }[] = [];
    for (const {
      attribute: { id: attributeId },
      attribute: definition,
      value,
    } of given) {
      const indexed = indexedForm(definition.type, value);
      for (const place of writtenPlaces(definition)) {
        if (place.kind === 'column') hot[place.column] = indexed;
        else rows.push({ attribute: attributeId, column: place.column, value: indexed });
      }
    }
    const attributes = given.map(({ attribute: { key, type }, value }) => ({ key, [type.toLowerCase()]: value }));
    return {
      ...{ id, hot, rows, input: { id, type: ENTITY_TYPE, attributes } },
      attributes: Object.fromEntries(given.map(({ attribute: { id: attributeId }, value }) => [attributeId, value])),
    };
  });
}

export interface InsertStatement {
  /** The index of its shard. */
  readonly shard: number;
  readonly query: pg.QueryConfig;
}

/** A multi-row INSERT into both tables for each shard, with everything in columns of arrays. */
export function insertStatements(stage: Stage, rows: readonly WrittenRow[]): readonly InsertStatement[] {
  const map = new ShardMap(stage.shards, { kind: 'hash' });
  return [...map.group(rows, ({ id }) => id)].map(([shard, group]) => ({
    shard: stage.shards.findIndex(({ id }) => id === shard),
    query: insertStatement(group),
  }));
}

function insertStatement(group: readonly WrittenRow[]): pg.QueryConfig {
  const attributes = group.flatMap(({ id, rows }) => rows.map((row) => ({ id, ...row })));
  const hot = ['text_1', 'text_2', 'number_1'];
  const text = `WITH e AS (
      INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes, ${hot.join(', ')})
      SELECT ${GIANT}, id, '${ENTITY_TYPE}', 1, now(), now(), attributes, ${hot.join(', ')}
      FROM unnest($1::bigint[], $2::jsonb[], $3::text[], $4::text[], $5::float8[]) AS i (id, attributes, ${hot.join(', ')}))
    INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, ${ROW_COLUMNS.join(', ')})
    SELECT ${GIANT}, * FROM unnest($6::bigint[], $7::integer[], $8::text[], $9::float8[], $10::boolean[], $11::timestamptz[])`;
  const values = [
    group.map(({ id }) => id),
    group.map((row) => JSON.stringify(row.attributes)),
    ...hot.map((column) => group.map((row) => row.hot[column])),
    attributes.map(({ id }) => id),
    attributes.map(({ attribute }) => attribute),
    ...ROW_COLUMNS.map((column) => attributes.map((row) => (row.column === column ? row.value : null))),
  ];
  return { name: `insert_${group.length === 1 ? 'one' : 'many'}`, text, values };
}

/** Where a side has written. */
export interface Place {
  readonly tenant: number;
  /** What its ids are more than those of the generated entities. */
  readonly offset: number;
}

/** Throws unless both places have the same entities with the same values, hot columns and rows: those with ids up to `to`. */
export async function assertEqualRows(stage: Stage, [one, other]: readonly [Place, Place], to: number): Promise<void> {
  const [mine, theirs] = [await storedRows(stage, one, to), await storedRows(stage, other, to)];
  if (mine.length !== to || theirs.length !== to)
    throw new Error(`${mine.length} and ${theirs.length} of ${to} entities`);
  for (const [index, row] of mine.entries()) deepStrictEqual(row, theirs[index]);
}

async function storedRows({ primaries }: Stage, { tenant, offset }: Place, to: number): Promise<readonly object[]> {
  const parts = await Promise.all(
    primaries.map((primary) =>
      primary.query<{ id: number }>(
        `SELECT (e.entity_id - $2)::integer AS id, type, text_1, text_2, number_1,
           (SELECT jsonb_object_agg(d.key, v.value) FROM jsonb_each(e.attributes) v
            JOIN atlas.attribute_definition d ON d.attribute_id = v.key::integer) AS attributes,
           (SELECT jsonb_object_agg(d.key, to_jsonb(a) - '{tenant_id,entity_id,attribute_id}'::text[]) FROM atlas.entity_attribute a
            JOIN atlas.attribute_definition d USING (attribute_id)
            WHERE a.tenant_id = e.tenant_id AND a.entity_id = e.entity_id) AS rows
         FROM atlas.entity e WHERE e.tenant_id = $1 AND e.entity_id > $2 AND e.entity_id <= $2 + $3`,
        [tenant, offset, to],
      ),
    ),
  );
  return parts.flatMap(({ rows }) => rows).sort((a, b) => a.id - b.id);
}
