import type { AttributeDefinition } from '../../../domain/catalog/attribute.ts';
import { attributePlace, indexedType } from '../../../domain/catalog/attribute-place.ts';
import type { EntityRecord } from '../../../domain/entity.ts';
import type { EntityOrder, Operand } from '../../../domain/filter/filter.ts';
import type { EntityPageQuery, PagePosition } from '../../../domain/filter/page-position.ts';
import { FIELD_COLUMNS, impliesPresence } from '../../sql/filter-sql.ts';
import { keysetSql, orderBySql, type SortKey } from '../../sql/keyset-sql.ts';
import { BoundValues, CASTS } from './bound-values.ts';
import { ENTITY_COLUMNS, type EntityRow, entityRecord } from './entity-row.ts';
import { EntitySource } from './entity-source.ts';
import { PostgresDialect } from './postgres-dialect.ts';
import type { PostgresStatement } from './postgres-form.ts';
import { watermarkedStatement } from './watermarked-statement.ts';

type SortValue = string | number | boolean | Date | null;

/** An entity with its sort values. */
export type PageRow = EntityRow & Readonly<Record<`key_${number}`, SortValue>>;

/** Candidates that are probed in the order of an index, per row of the page, before all matches are sorted instead. */
const PROBES_PER_ROW = 20;

/**
 * Which entities are read. An order that begins with an attribute is read in two phases, as the attribute's index contains
 * only the entities that have it.
 */
type Phase = 'all' | 'present' | 'absent';

/**
 * The page in forward order, with its sort values as columns key_0, key_1, …
 *
 * A specimen: the active users by visits, descending, after visits 50 and id 5000. `status` is the hot column text_1,
 * `visits` the attribute 5 in entity_attribute; $1 is the tenant, $2 the rows to read. Shortened: the columns of the entity
 * are written `e.…`, the tenant conditions on a1 and the casts of the placeholders are left out.
 *
 *     WITH
 *     -- Phase `present`, from the attribute's index: 20 candidates for each row to read.
 *     phase_0_walked AS MATERIALIZED (
 *       SELECT e.…, a1.value_number AS key_0
 *       FROM (SELECT * FROM atlas.entity_attribute a1
 *             WHERE a1.attribute_id = $7 AND a1.value_number IS NOT NULL AND a1.value_number <= $5
 *               AND (a1.value_number < $5 OR a1.value_number = $5 AND a1.entity_id > $6)
 *             ORDER BY a1.value_number DESC, a1.entity_id ASC LIMIT ($2) * 20) a1
 *       CROSS JOIN LATERAL (SELECT e.* FROM atlas.entity e
 *             WHERE e.tenant_id = $1 AND e.type = $3 AND e.text_1 = $4 AND e.entity_id = a1.entity_id OFFSET 0) e
 *       ORDER BY a1.value_number DESC, a1.entity_id ASC LIMIT $2),
 *     -- All matches sorted, if the candidates did not fill the page.
 *     phase_0 AS MATERIALIZED (
 *       SELECT * FROM phase_0_walked WHERE (SELECT count(*) FROM phase_0_walked) = $2
 *       UNION ALL (
 *       SELECT e.…, a1.value_number AS key_0
 *       FROM atlas.entity e JOIN atlas.entity_attribute a1 ON a1.entity_id = e.entity_id AND a1.attribute_id = $7
 *         AND a1.value_number IS NOT NULL
 *       WHERE e.tenant_id = $1 AND e.type = $3 AND e.text_1 = $4 AND a1.value_number <= $5
 *         AND (a1.value_number < $5 OR a1.value_number = $5 AND e.entity_id > $6)
 *       ORDER BY a1.value_number DESC, e.entity_id ASC
 *       LIMIT CASE WHEN (SELECT count(*) FROM phase_0_walked) = $2 THEN 0 ELSE $2 END)),
 *     -- Phase `absent`: users without visits come last.
 *     phase_1 AS MATERIALIZED (
 *       SELECT e.…, NULL::float8 AS key_0 FROM atlas.entity e
 *       WHERE e.tenant_id = $1 AND e.type = $3 AND e.text_1 = $4 AND NOT e.attributes ? '5'
 *       ORDER BY e.entity_id ASC LIMIT $2 - (SELECT count(*) FROM phase_0))
 *     -- The watermark's row of `watermarkedStatement` comes here, then UNION ALL and:
 *     SELECT …, key_0 FROM phase_0 UNION ALL SELECT …, key_0 FROM phase_1
 *     ORDER BY key_0 DESC NULLS LAST, entity_id
 */
export function pageStatement(query: EntityPageQuery): PostgresStatement {
  const values = new BoundValues();
  const dialect = new PostgresDialect(values, values.bind(query.tenantId, 'integer'));
  const phases = phasesOf(query);
  // A later phase reads only the part of the page that the earlier ones did not fill, and nothing once the page is full.
  let remaining = values.bind(query.limit, 'bigint');
  const tables = phases.flatMap((phase, index) => {
    const name = `phase_${index}`;
    const read = readPhase(name, phase, query, dialect, remaining);
    remaining += ` - (SELECT count(*) FROM ${name})`;
    return read;
  });
  const columns = [...ENTITY_COLUMNS, ...query.order.map((_, index) => `key_${index}`)];
  const text = watermarkedStatement({
    with: tables,
    columns,
    body: phases.map((_, index) => `SELECT ${columns.join(', ')} FROM phase_${index}`).join(' UNION ALL '),
    orderBy: [...query.order.map((by, index) => `key_${index} ${by.direction} NULLS LAST`), 'entity_id'].join(', '),
  });
  return { text, values: values.values };
}

export function positionedEntity(
  row: PageRow,
  order: readonly EntityOrder[],
): { entity: EntityRecord; position: PagePosition } {
  const values = order.map((_, index) => operand(row[`key_${index}`] ?? null));
  return { entity: entityRecord(row), position: { values, id: row.entity_id } };
}

function operand(value: SortValue): Operand | null {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'number' ? value + 0 : value; // -0 becomes 0
}

function phasesOf({ order, filter, from, direction }: EntityPageQuery): Phase[] {
  const first = firstAttribute(order);
  if (first === null) return ['all'];
  const reading: Phase[] = direction === 'FORWARD' ? ['present', 'absent'] : ['absent', 'present'];
  const remaining = from === null ? reading : reading.slice(reading.indexOf(phaseOf(from.values[0])));
  return remaining.length > 1 && impliesPresence(filter, first) ? ['present'] : remaining;
}

/** The common table expressions; the last one, `name`, has at most `limit` rows of the phase. */
function readPhase(
  name: string,
  phase: Phase,
  query: EntityPageQuery,
  dialect: PostgresDialect,
  limit: string,
): string[] {
  const { source, columns, orderBy, isOnEntity } = phaseSource(phase, query, dialect);
  const candidates = `(${limit}) * ${PROBES_PER_ROW}`;
  let walked = walkedRows(phase, query, dialect, candidates);
  if (isOnEntity && source.hasOnlyRanges) walked = source.selectWalking(columns, { orderBy, candidates });
  if (walked === null)
    return [`${name} AS MATERIALIZED (${source.select(columns)}\nORDER BY ${orderBy}\nLIMIT ${limit})`];
  // Sorting all matches is slow if they are many, and walking the order's index is slow if they are rare; the planner cannot tell
  // which applies. So the index is walked a little, and the sort runs only if that did not fill the page.
  const isFilled = `(SELECT count(*) FROM ${name}_walked) = ${limit}`;
  return [
    `${name}_walked AS MATERIALIZED (${walked}\nLIMIT ${limit})`,
    `${name} AS MATERIALIZED (SELECT * FROM ${name}_walked WHERE ${isFilled}
UNION ALL (${source.selectFew(columns)}\nORDER BY ${orderBy}\nLIMIT CASE WHEN ${isFilled} THEN 0 ELSE ${limit} END))`,
  ];
}

/** The phase in the order of the first attribute's rows, among the first candidates; null if it has another order. */
function walkedRows(phase: Phase, query: EntityPageQuery, dialect: PostgresDialect, candidates: string): string | null {
  const { order, from, direction } = query;
  const first = firstAttribute(order);
  if (phase !== 'present' || first === null || order.length > 1 || !isRow(first)) return null;
  const source = new EntitySource(dialect, query);
  const keys = order.map((by) => sortKey(by, query, source, dialect));
  const sorted = [...keys, idKey(dialect, source.idBeside(first))];
  const position = positionIn(phase, from);
  const condition = position === null ? null : keysetSql(sorted, position, direction);
  const walk = { orderBy: orderBySql(sorted, direction), candidates };
  return source.selectWalkingRows(columnsSql(keys.map((key) => key.expression)), first, condition, walk);
}

/** All entities of the phase. */
function phaseSource(phase: Phase, query: EntityPageQuery, dialect: PostgresDialect) {
  const { order, from, direction } = query;
  const source = new EntitySource(dialect, query);
  const first = firstAttribute(order);
  const isAbsent = phase === 'absent' && first !== null;
  if (isAbsent) source.where(lacks(first));
  const sorted = isAbsent ? order.slice(1) : order;
  const keys = sorted.map((by) => sortKey(by, query, source, dialect));
  const id = idKey(dialect, 'e.entity_id');
  const position = positionIn(phase, from);
  if (position !== null) {
    const values = isAbsent ? position.slice(1) : position;
    if (keys.length > 0) source.where(keysetSql([...keys, id], values, direction));
    else source.whereId((column) => keysetSql([idKey(dialect, column)], values, direction));
  }
  const selected = keys.map((key) => key.expression);
  if (isAbsent) selected.unshift(`NULL::${CASTS[indexedType(first)]}`);
  return {
    source,
    columns: columnsSql(selected),
    orderBy: orderBySql([...keys, id], direction),
    isOnEntity: sorted.every((by) => by.kind === 'field' || !isRow(by.attribute)),
  };
}

/** The values of the position and its id, if the position lies in this phase; null: the phase is read from its beginning. */
function positionIn(phase: Phase, from: PagePosition | null): (Operand | null)[] | null {
  if (from === null || (phase !== 'all' && phase !== phaseOf(from.values[0]))) return null;
  return [...from.values, from.id];
}

function columnsSql(keys: readonly string[]): string {
  const entity = ENTITY_COLUMNS.map((column) => `e.${column}`);
  return [...entity, ...keys.map((expression, index) => `${expression} AS key_${index}`)].join(', ');
}

function sortKey(by: EntityOrder, query: EntityPageQuery, source: EntitySource, dialect: PostgresDialect): SortKey {
  const { direction } = by;
  if (by.kind === 'field') {
    if (by.field === 'id') return { ...idKey(dialect, 'e.entity_id'), direction };
    const expression = FIELD_COLUMNS[by.field];
    return { expression, direction, nullable: false, bind: (value) => dialect.bind(value, 'TIMESTAMP') };
  }
  const { attribute } = by;
  const nullable = attribute !== firstAttribute(query.order) && !impliesPresence(query.filter, attribute);
  return {
    expression: source.value(attribute, nullable ? 'optional' : 'required'),
    direction,
    nullable,
    bind: (value) => dialect.bind(value, indexedType(attribute)),
  };
}

function idKey(dialect: PostgresDialect, expression: string): SortKey {
  const bind = (value: Operand) => dialect.values.bind(value, 'bigint');
  return { expression, direction: 'ASC', nullable: false, bind };
}

/** An attribute is in the jsonb of exactly the entities that have it, so this needs no second table. */
function lacks(attribute: AttributeDefinition): string {
  const place = attributePlace(attribute);
  return place.kind === 'column' ? `e.${place.column} IS NULL` : `NOT e.attributes ? '${attribute.id}'`;
}

function isRow(attribute: AttributeDefinition): boolean {
  return attributePlace(attribute).kind === 'row';
}

function firstAttribute([first]: readonly EntityOrder[]): AttributeDefinition | null {
  return first?.kind === 'attribute' ? first.attribute : null;
}

function phaseOf(firstValue: Operand | null | undefined): Phase {
  return firstValue === null ? 'absent' : 'present';
}
