import type { AttributeDefinition } from '../../../domain/catalog/attribute.ts';
import type { StoragePlace } from '../../../domain/catalog/attribute-storage.ts';

/** What a batch works on: the entities of a tenant after one id, up to another. */
export interface EntitySpan {
  readonly after: string | null;
  /** Null: to the end. */
  readonly upTo: string | null;
}

export interface MoveStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** With $1 the tenant, $2 and $3 the span. Each table of a join is bounded by it: of a tenant that it has not analyzed, the server may begin with any of them. */
export const inSpan = (alias: string) =>
  `${alias}.tenant_id = $1 AND ($2::bigint IS NULL OR ${alias}.entity_id > $2::bigint) AND ($3::bigint IS NULL OR ${alias}.entity_id <= $3::bigint)`;

/**
 * Removes every value of an attribute from the entities of a span, and from their index. Each statement returns the number of rows that it
 * changed. The version of an entity is that of its writers, and stays. Rows are locked in the order of ids, as writers do.
 */
export function deleteStatements({ id, tenantId, hotColumn }: AttributeDefinition, span: EntitySpan): MoveStatement[] {
  const values = [tenantId, span.after, span.upTo];
  const inColumn = hotColumn === null ? '' : ` OR e.${hotColumn} IS NOT NULL`;
  const has = `(e.attributes ? $4 OR e.attribute_updated_at ? $4${inColumn})`;
  const emptied = hotColumn === null ? '' : `, ${hotColumn} = NULL`;
  return [
    {
      text: `WITH locked AS MATERIALIZED (
        SELECT e.entity_id FROM atlas.entity e WHERE ${inSpan('e')} AND ${has} ORDER BY e.entity_id FOR NO KEY UPDATE
      ), changed AS (
        UPDATE atlas.entity e SET attributes = e.attributes - $4, attribute_updated_at = e.attribute_updated_at - $4${emptied}
        FROM locked WHERE ${inSpan('e')} AND e.entity_id = locked.entity_id RETURNING 1
      )
      SELECT count(*)::integer AS count FROM changed`,
      values: [...values, String(id)],
    },
    {
      text: `WITH changed AS (
        DELETE FROM atlas.entity_attribute a WHERE ${inSpan('a')} AND a.attribute_id = $4::integer RETURNING 1
      )
      SELECT count(*)::integer AS count FROM changed`,
      values: [...values, id],
    },
  ];
}

/**
 * Empties a place that nobody uses. Entities are written for change capture, as in build-place.ts. No row of an entity is touched before the entity
 * is locked, as writers do: the condition that counts the locked ones is evaluated before anything is deleted.
 */
export function clearStatements(
  { id, tenantId }: AttributeDefinition,
  place: StoragePlace,
  span: EntitySpan,
): MoveStatement[] {
  const values = [tenantId, span.after, span.upTo];
  if (place !== 'row') {
    const text = `WITH locked AS MATERIALIZED (
        SELECT e.entity_id FROM atlas.entity e WHERE ${inSpan('e')} AND e.${place} IS NOT NULL ORDER BY e.entity_id FOR NO KEY UPDATE
      ), changed AS (
        UPDATE atlas.entity e SET ${place} = NULL FROM locked WHERE ${inSpan('e')} AND e.entity_id = locked.entity_id RETURNING 1
      )
      SELECT count(*)::integer AS count FROM changed`;
    return [{ text, values }];
  }
  const text = `WITH placed AS MATERIALIZED (
      SELECT a.entity_id FROM atlas.entity_attribute a WHERE ${inSpan('a')} AND a.attribute_id = $4::integer
    ), locked AS MATERIALIZED (
      SELECT e.entity_id FROM atlas.entity e JOIN placed USING (entity_id) WHERE ${inSpan('e')} ORDER BY e.entity_id FOR NO KEY UPDATE OF e
    ), written AS (
      UPDATE atlas.entity e SET version = e.version FROM locked WHERE ${inSpan('e')} AND e.entity_id = locked.entity_id
    ), changed AS (
      DELETE FROM atlas.entity_attribute a USING placed
      WHERE (SELECT count(*) FROM locked) >= 0
        AND ${inSpan('a')} AND a.entity_id = placed.entity_id AND a.attribute_id = $4::integer RETURNING 1
    )
    SELECT count(*)::integer AS count FROM changed`;
  return [{ text, values: [...values, id] }];
}
