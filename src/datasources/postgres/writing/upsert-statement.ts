import type { Statement } from '../../../connections/postgres/postgres-database.ts';
import type { Author } from '../../../domain/caller.ts';
import { ALL_HOT_COLUMNS, type AttributeDefinition, type AttributeValue } from '../../../domain/catalog/attribute.ts';
import { LIST_COLUMN, ROW_COLUMNS, type RowColumn } from '../../../domain/catalog/attribute-place.ts';
import { writtenPlaces } from '../../../domain/catalog/attribute-storage.ts';
import type { EntityId } from '../../../domain/identifiers.ts';
import { indexedForm, listForm } from '../../../domain/values/indexed-form.ts';
import type { EntityWrite } from '../../entity-writer.ts';

/** SQLSTATE of atlas.stale_catalog. */
export const STALE_CATALOG = 'AT001';

/** The result of each row, in no particular order. */
export interface UpsertedRow {
  /** The index of the row in the batch. */
  readonly n: number;
  /** What the row does to the entity as the statement's snapshot shows it. */
  readonly status:
    | 'CREATED'
    | 'UPDATED'
    | 'UNCHANGED'
    | 'VERSION_CONFLICT'
    | 'OTHER_TYPE'
    | 'OTHER_KEY'
    | 'WITHOUT_KEY';
  /** False if CREATED or UPDATED did not happen: the entity is too large, or was changed by others after the snapshot. */
  readonly written: boolean;
  /** Size of the merged attributes as jsonb, uncompressed. */
  readonly bytes: number;
  /** Null if the entity did not exist. */
  readonly stored_version: string | null;
  readonly stored_type: string | null;
  readonly version: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  /** The merged attributes. Null for CREATED, where they are what the row sets, and for rows that were not written. */
  readonly attributes: Readonly<Record<string, AttributeValue>> | null;
  readonly attribute_updated_at: Readonly<Record<string, number>>;
}

const CHANGEABLE = ['version', 'updated_at', 'attributes', 'attribute_updated_at', ...ALL_HOT_COLUMNS];

const INDEXED = [...ROW_COLUMNS, LIST_COLUMN];

const list = (columns: readonly string[], prefix: string) => columns.map((column) => `${prefix}${column}`).join(', ');
const assignments = (columns: readonly string[]) =>
  columns.map((column) => `${column} = EXCLUDED.${column}`).join(', ');

/**
 * Merges a batch of rows with different ids into the entities of one shard, together with their filterable attributes. A trigger makes the elements of
 * lists from theirs.
 *
 * All parts of a statement share one snapshot, so the merged attributes and the rows of entity_attribute to delete may be out
 * of date by the time the entity's row is locked. Therefore a row is written only if the entity is still as the snapshot
 * showed it (same version, same creation): every writer changes the version while it holds the lock of the row, and changes
 * entity_attribute only under that lock, so the snapshot of an unchanged entity is complete. Rows that lost such a race report
 * `written: false` and are sent again. If the entity was deleted in the meantime, the update has created it again, and the
 * statement fails with a serialization failure. Locks are taken in the order of ids, so that no two batches deadlock.
 *
 * The size of an entity is checked on its merged attributes, which are in memory uncompressed: small writes cannot add up to
 * an entity beyond the limit. As a CASE, the check does not change the planner's estimates, and so not its plans.
 *
 * An entity whose type has a key is created with it, and one that has another value of it is another entity, whose id is the same by chance: the row
 * is refused.
 *
 * What is written is recorded in atlas.audit, in the same statement.
 *
 * Each entity is looked up by its key, and so are the rows of attributes that it loses, whatever the planner knows of the tenant: while a tenant grows faster
 * than the server analyzes it, a join would read all that it has for each batch. So one plan serves all small batches, and is kept: planning takes as long as
 * writing one entity.
 *
 * Where values are stored depends on the definitions. The statement fails if the writer has them from a catalog that is older than the
 * one that its snapshot of the shard needs.
 */
const textOf = (removes: string) => `
WITH clock AS MATERIALIZED (
  SELECT date_trunc('milliseconds', clock_timestamp()) AS now
  WHERE CASE WHEN (SELECT needed_catalog FROM atlas.shard) > $10::bigint THEN atlas.stale_catalog() ELSE true END
), input AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($2::jsonb)
    AS input (n integer, id bigint, type text, expected bigint, given jsonb, removed text[], hot jsonb, key text)
), plan AS MATERIALIZED (
  SELECT i.n, i.id, i.type, i.given, i.removed,
    e.version AS stored_version, e.type AS stored_type, e.attributes AS stored, e.attribute_updated_at,
    coalesce(e.created_at, clock.now) AS created_at, greatest(clock.now, e.updated_at) AS now, e.updated_at,
    merged.attributes, ${list(ALL_HOT_COLUMNS, 'hot.')},
    CASE
      WHEN i.given ? i.key AND e.attributes -> i.key IS DISTINCT FROM i.given -> i.key AND e.version IS NOT NULL THEN 'OTHER_KEY'
      WHEN i.expected <> coalesce(e.version, 0) THEN 'VERSION_CONFLICT'
      WHEN e.version IS NULL AND NOT i.given ? i.key THEN 'WITHOUT_KEY'
      WHEN e.version IS NULL THEN 'CREATED'
      WHEN e.type <> i.type THEN 'OTHER_TYPE'
      WHEN e.attributes = merged.attributes THEN 'UNCHANGED'
      ELSE 'UPDATED'
    END AS status
  FROM input i
  CROSS JOIN clock
  LEFT JOIN LATERAL (
    SELECT s.*, s AS stored_row FROM atlas.entity s WHERE s.tenant_id = $1 AND s.entity_id = i.id LIMIT 1
  ) e ON true
  CROSS JOIN LATERAL (SELECT (coalesce(e.attributes, '{}') - i.removed) || i.given AS attributes) merged
  CROSS JOIN LATERAL jsonb_populate_record(e.stored_row, i.hot) hot
), written AS (
  INSERT INTO atlas.entity AS e (tenant_id, entity_id, type, created_at, ${list(CHANGEABLE, '')})
  SELECT $1, p.id, p.type, p.created_at, coalesce(p.stored_version, 0) + 1, p.now, p.attributes,
    CASE WHEN p.status = 'CREATED' THEN '{}' ELSE (p.attribute_updated_at - p.removed) || (
      SELECT coalesce(jsonb_object_agg(given.key, (extract(epoch FROM p.now) * 1000)::bigint), '{}')
      FROM jsonb_each(p.given) given
      WHERE p.stored -> given.key IS DISTINCT FROM given.value
    ) END,
    ${list(ALL_HOT_COLUMNS, 'p.')}
  FROM plan p
  WHERE CASE WHEN pg_column_size(p.attributes) <= $9::bigint THEN p.status END IN ('CREATED', 'UPDATED')
  ORDER BY p.id
  ON CONFLICT (tenant_id, entity_id) DO UPDATE SET ${assignments(CHANGEABLE)}
    WHERE e.version = EXCLUDED.version - 1 AND e.created_at = EXCLUDED.created_at
  RETURNING e.entity_id, e.version, e.updated_at, e.attribute_updated_at, old.version IS NULL AS is_new
), audited AS (
  INSERT INTO atlas.audit (tenant_id, at, subject, operation, entity_id, old_version, new_version)
  SELECT $1, clock.now, $11, CASE WHEN w.is_new THEN 'CREATE_ENTITY' ELSE 'UPDATE_ENTITY' END, w.entity_id,
    nullif(w.version - 1, 0), w.version
  FROM written w CROSS JOIN clock
), indexed AS (
  INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, ${list(INDEXED, '')})
  SELECT $1, p.id, v.attribute_id, ${list(INDEXED, 'v.')}
  FROM unnest($3::integer[], $4::integer[], $5::text[], $6::float8[], $7::boolean[], $8::timestamptz[], $12::text[])
    AS v (n, attribute_id, ${list(INDEXED, '')})
  JOIN plan p ON p.n = v.n
  JOIN written w ON w.entity_id = p.id
  WHERE p.status = 'CREATED'
    OR p.stored -> v.attribute_id::text IS DISTINCT FROM p.given -> v.attribute_id::text
  ON CONFLICT (tenant_id, entity_id, attribute_id) DO UPDATE SET ${assignments(INDEXED)}
)${removes}
SELECT p.n, p.status,
  CASE WHEN p.status = 'UPDATED' AND w.is_new THEN atlas.lost_race() ELSE w.entity_id IS NOT NULL END AS written,
  pg_column_size(p.attributes) AS bytes, p.stored_version, p.stored_type,
  coalesce(w.version, p.stored_version) AS version, p.created_at, coalesce(w.updated_at, p.updated_at) AS updated_at,
  CASE WHEN p.status = 'UNCHANGED' OR p.status = 'UPDATED' AND w.entity_id IS NOT NULL THEN p.attributes END AS attributes,
  coalesce(w.attribute_updated_at, p.attribute_updated_at) AS attribute_updated_at
FROM plan p
LEFT JOIN written w ON w.entity_id = p.id`;

/** The arrays choose the rows by the primary key, and the pairs, looked up in a hash table, those of them that go: as a join, it could be done the other way round. */
const REMOVES = `, removed AS MATERIALIZED (
  SELECT p.id, gone.attribute_id::integer AS attribute_id
  FROM plan p JOIN written w ON w.entity_id = p.id CROSS JOIN unnest(p.removed) AS gone (attribute_id)
  WHERE p.status = 'UPDATED'
), unindexed AS (
  DELETE FROM atlas.entity_attribute a
  WHERE a.tenant_id = $1 AND a.entity_id = ANY (ARRAY(SELECT id FROM removed))
    AND a.attribute_id = ANY (ARRAY(SELECT attribute_id FROM removed))
    AND ((a.entity_id, a.attribute_id) IN (SELECT id, attribute_id FROM removed)) IS TRUE
)`;

/** Most writes take no attribute away, so they need not lock the rows' partitions for it. */
const TEXTS = { keeping: textOf(''), removing: textOf(REMOVES) };

/** From this size on, planning costs little compared with execution, and pays: it knows how many values there are to join. */
const LARGE_BATCH = 100;

export interface UpsertRow {
  readonly id: EntityId;
  readonly write: EntityWrite;
}

/**
 * @param rows With different ids.
 * @param catalogRevision Of the catalog that has the definitions. The statement fails with STALE_CATALOG if the shard needs a later one.
 */
export function upsertStatement(
  { tenantId, subject }: Author,
  rows: readonly UpsertRow[],
  maxEntityBytes: number,
  catalogRevision: number,
): Statement {
  const indexed = new IndexedValues();
  const input = rows.map(({ id, write }, n) => {
    const given: Record<string, AttributeValue> = {};
    const hot: Record<string, AttributeValue> = {};
    for (const { attribute, value } of lastValues(write)) {
      given[attribute.id] = value;
      for (const place of writtenPlaces(attribute)) {
        if (place.kind === 'column') hot[place.column] = indexedForm(attribute.type, value);
        else indexed.add(n, attribute, place.column, value);
      }
    }
    const removed = write.remove.filter((attribute) => !(attribute.id in given));
    for (const attribute of removed) {
      for (const place of writtenPlaces(attribute)) if (place.kind === 'column') hot[place.column] = null;
    }
    return {
      n,
      id,
      type: write.type,
      expected: write.expectedVersion?.toString() ?? null,
      given,
      removed: removed.map((attribute) => String(attribute.id)),
      hot,
      key: write.key === undefined ? null : String(write.key),
    };
  });
  const bounds = [maxEntityBytes, catalogRevision, subject];
  const values = [tenantId, JSON.stringify(input), ...indexed.columns(), ...bounds, indexed.lists];
  const form = input.some(({ removed }) => removed.length > 0) ? 'removing' : 'keeping';
  const statement = { tenant: tenantId, text: TEXTS[form], values };
  return rows.length < LARGE_BATCH ? { name: `entity_upsert_${form}`, plan: 'kept', ...statement } : statement;
}

/** If an attribute is set twice, the last value counts. */
export function lastValues(write: EntityWrite): Iterable<EntityWrite['set'][number]> {
  return new Map(write.set.map((entry) => [entry.attribute.id, entry])).values();
}

/** The rows of entity_attribute, column by column. */
class IndexedValues {
  readonly #n: number[] = [];
  readonly #attributeIds: number[] = [];
  readonly #values: Record<RowColumn, (string | number | boolean | null)[]> = {
    value_text: [],
    value_number: [],
    value_boolean: [],
    value_timestamp: [],
  };
  /** The column LIST_COLUMN. */
  readonly lists: (string | null)[] = [];

  add(n: number, { id, type }: AttributeDefinition, target: RowColumn, value: AttributeValue): void {
    this.#n.push(n);
    this.#attributeIds.push(id);
    this.lists.push(listForm(type, value));
    for (const column of ROW_COLUMNS) this.#values[column].push(column === target ? indexedForm(type, value) : null);
  }

  columns(): unknown[] {
    return [this.#n, this.#attributeIds, ...ROW_COLUMNS.map((column) => this.#values[column])];
  }
}
