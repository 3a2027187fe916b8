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

const FIELD_COLUMNS = { id: 'e.entity_id', createdAt: 'e.created_at', updatedAt: 'e.updated_at' } as const;

/**
 * Which entities are read: an order that begins with an attribute is read in two phases, since the attribute's index
 * holds only those that have it.
 */
type Phase = 'all' | 'present' | 'absent';

/** The page in forward order, with its sort values as columns key_0, key_1, … */
export function pageStatement(query: EntityPageQuery): UnnamedStatement {
  const values = new BoundValues();
  const dialect = new PostgresDialect(values, values.bind(query.tenantId, 'integer'));
  const limit = values.bind(query.limit, 'bigint');
  const phases = phasesOf(query);
  // A later phase reads only what the earlier ones left of the page; nothing at all once that is 0.
  const read = phases.map((phase, index) => {
    const filled = phases.slice(0, index).map((_, earlier) => ` - (SELECT count(*) FROM phase_${earlier})`);
    return `phase_${index} AS MATERIALIZED (${phaseSql(query, phase, dialect)}\nLIMIT ${limit}${filled.join('')})`;
  });
  const keys = query.order.map((_, index) => `key_${index}`);
  const columns = [...ENTITY_COLUMNS, ...keys];
  const text = watermarkedStatement({
    with: read,
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

function phaseSql(query: EntityPageQuery, phase: Phase, dialect: PostgresDialect): string {
  const { order, from, direction } = query;
  const source = new EntitySource(dialect, query);
  const first = firstAttribute(order);
  const driver = phase === 'present' && first !== null && attributePlace(first).kind === 'row' ? first : null;
  if (phase === 'absent' && first !== null) source.where(lacks(first));

  const sorted = phase === 'absent' ? order.slice(1) : order;
  const keys = sorted.map((by) => sortKey(by, query, source, dialect, first, driver));
  const id = idKey(dialect, driver === null ? 'e.entity_id' : source.idBeside(driver));
  const orderBy = `\nORDER BY ${orderBySql([...keys, id], direction)}`;

  const selected = keys.map((key) => key.expression);
  if (phase === 'absent' && first !== null) selected.unshift(`NULL::${CASTS[indexedType(first)]}`);
  const columns = [
    ...ENTITY_COLUMNS.map((column) => `e.${column}`),
    ...selected.map((expression, index) => `${expression} AS key_${index}`),
  ].join(', ');

  let beyond: string | null = null;
  if (from !== null && (phase === 'all' || phase === phaseOf(from.values[0]))) {
    const values = phase === 'absent' ? from.values.slice(1) : from.values;
    beyond = keysetSql([...keys, id], [...values, from.id], direction);
    if (keys.length === 0) source.whereId((column) => keysetSql([idKey(dialect, column)], [from.id], direction));
  }
  if (driver !== null) return source.selectDriven(columns, driver, beyond) + orderBy;
  if (beyond !== null) source.where(beyond);
  return source.select(columns) + orderBy;
}

function sortKey(
  by: EntityOrder,
  { filter }: EntityPageQuery,
  source: EntitySource,
  dialect: PostgresDialect,
  first: AttributeDefinition | null,
  driver: AttributeDefinition | null,
): SortKey {
  const { direction } = by;
  if (by.kind === 'field') {
    if (by.field === 'id') return { ...idKey(dialect, 'e.entity_id'), direction };
    const bind = (value: Operand) => dialect.bind(value, 'TIMESTAMP');
    return { expression: FIELD_COLUMNS[by.field], direction, nullable: false, bind };
  }
  const { attribute } = by;
  const nullable = attribute !== first && !impliesPresence(filter, attribute);
  const value = source.value(attribute, nullable ? 'optional' : 'required');
  const isInside = driver !== null && attribute !== driver && attributePlace(attribute).kind === 'row';
  return {
    expression: isInside ? source.outerValue(attribute) : value,
    direction,
    nullable,
    bind: (operand) => dialect.bind(operand, indexedType(attribute)),
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
