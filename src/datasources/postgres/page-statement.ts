import type { AttributeDefinition } from '../../domain/attribute.ts';
import type { EntityOrder, Operand } from '../../domain/filter.ts';
import { attributePlace, indexedType } from '../attribute-place.ts';
import type { EntityPageQuery } from '../entity-reader.ts';
import { impliesPresence } from '../filter-sql.ts';
import { keysetSql, orderBySql, type SortKey } from '../keyset-sql.ts';
import { BoundValues, CASTS } from './bound-values.ts';
import { ENTITY_COLUMNS } from './entity-row.ts';
import { EntitySource } from './entity-source.ts';
import { PostgresDialect } from './postgres-dialect.ts';
import { type UnnamedStatement, watermarkedStatement } from './watermarked-statement.ts';

/** Entities that are probed in the order of an attribute's index, per row of the page, before all matches are sorted instead. */
const PROBES_PER_ROW = 20;

/**
 * Which entities are read: an order that begins with an attribute is read in two phases, since the attribute's index
 * holds only those that have it.
 */
type Phase = 'all' | 'present' | 'absent';

/** The page in forward order, with its sort values as columns key_0, key_1, … */
export function pageStatement(query: EntityPageQuery): UnnamedStatement {
  const values = new BoundValues();
  const dialect = new PostgresDialect(values, values.bind(query.tenantId, 'integer'));
  const phases = phasesOf(query);
  // A later phase reads only what the earlier ones left of the page; nothing at all once that is 0.
  let left = values.bind(query.limit, 'bigint');
  const tables = phases.flatMap((phase, index) => {
    const name = `phase_${index}`;
    const read = readPhase(name, phase, query, dialect, left);
    left += ` - (SELECT count(*) FROM ${name})`;
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

function phasesOf({ order, filter, from, direction }: EntityPageQuery): Phase[] {
  const first = firstAttribute(order);
  if (first === null) return ['all'];
  const reading: Phase[] = direction === 'FORWARD' ? ['present', 'absent'] : ['absent', 'present'];
  const left = from === null ? reading : reading.slice(reading.indexOf(phaseOf(from.values[0])));
  return left.length > 1 && impliesPresence(filter, first) ? ['present'] : left;
}

/** The common table expressions, of which the last, `name`, holds at most `limit` rows of the phase. */
function readPhase(
  name: string,
  phase: Phase,
  query: EntityPageQuery,
  dialect: PostgresDialect,
  limit: string,
): string[] {
  const sorted = `${sortedPhase(phase, query, dialect)}\nLIMIT`;
  const driver = firstAttribute(query.order);
  const isIndexOrder = driver !== null && query.order.length === 1 && attributePlace(driver).kind === 'row';
  if (phase !== 'present' || !isIndexOrder) return [`${name} AS MATERIALIZED (${sorted} ${limit})`];
  // Sorting all matches is slow where they are many, walking the index where they are rare, and the planner cannot tell
  // which it is: so the index is walked a little first. The second SELECT runs only where that did not fill the page.
  const probed = `${name}_probed`;
  const isFilled = `(SELECT count(*) FROM ${probed}) = ${limit}`;
  return [
    `${probed} AS MATERIALIZED (${probedPhase(driver, query, dialect, limit)}\nLIMIT ${limit})`,
    `${name} AS MATERIALIZED (SELECT * FROM ${probed} WHERE ${isFilled}
UNION ALL (${sorted} CASE WHEN ${isFilled} THEN 0 ELSE ${limit} END))`,
  ];
}

function sortedPhase(phase: Phase, query: EntityPageQuery, dialect: PostgresDialect): string {
  const { order, from, direction } = query;
  const source = new EntitySource(dialect, query);
  const first = firstAttribute(order);
  const isAbsent = phase === 'absent' && first !== null;
  if (isAbsent) source.where(lacks(first));
  const keys = (isAbsent ? order.slice(1) : order).map((by) => sortKey(by, query, source, dialect));
  const id = idKey(dialect, 'e.entity_id');
  if (from !== null && keys.length === 0) {
    if (phase === 'all' || from.values[0] === null) {
      source.whereId((column) => keysetSql([idKey(dialect, column)], [from.id], direction));
    }
  } else if (from !== null && (phase === 'all' || phase === phaseOf(from.values[0]))) {
    const values = isAbsent ? from.values.slice(1) : from.values;
    source.where(keysetSql([...keys, id], [...values, from.id], direction));
  }
  const selected = keys.map((key) => key.expression);
  if (isAbsent) selected.unshift(`NULL::${CASTS[indexedType(first)]}`);
  return `${source.select(columnsSql(selected))}\nORDER BY ${orderBySql([...keys, id], direction)}`;
}

function probedPhase(
  driver: AttributeDefinition,
  query: EntityPageQuery,
  dialect: PostgresDialect,
  limit: string,
): string {
  const source = new EntitySource(dialect, query);
  const keys = query.order.map((by) => sortKey(by, query, source, dialect));
  const all = [...keys, idKey(dialect, source.idBeside(driver))];
  const { from, direction } = query;
  const isInside = from !== null && phaseOf(from.values[0]) === 'present';
  return source.selectFirst(columnsSql(keys.map((key) => key.expression)), {
    driver,
    condition: isInside ? keysetSql(all, [...from.values, from.id], direction) : null,
    orderBy: orderBySql(all, direction),
    candidates: `(${limit}) * ${PROBES_PER_ROW}`,
  });
}

function columnsSql(keys: readonly string[]): string {
  const entity = ENTITY_COLUMNS.map((column) => `e.${column}`);
  return [...entity, ...keys.map((expression, index) => `${expression} AS key_${index}`)].join(', ');
}

function sortKey(by: EntityOrder, query: EntityPageQuery, source: EntitySource, dialect: PostgresDialect): SortKey {
  const { direction } = by;
  if (by.kind === 'field') {
    if (by.field === 'id') return { ...idKey(dialect, 'e.entity_id'), direction };
    const expression = by.field === 'createdAt' ? 'e.created_at' : 'e.updated_at';
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

/** An attribute is in the jsonb of the very entities that have it, so this needs no second table. */
function lacks(attribute: AttributeDefinition): string {
  const place = attributePlace(attribute);
  return place.kind === 'column' ? `e.${place.column} IS NULL` : `NOT e.attributes ? '${attribute.id}'`;
}

function firstAttribute([first]: readonly EntityOrder[]): AttributeDefinition | null {
  return first?.kind === 'attribute' ? first.attribute : null;
}

function phaseOf(firstValue: Operand | null | undefined): Phase {
  return firstValue === null ? 'absent' : 'present';
}
