import type { AttributeDefinition } from '../../../domain/catalog/attribute.ts';
import { attributePlace, indexedType } from '../../../domain/catalog/attribute-place.ts';
import type { Direction, EntityFilter, EntityOrder, Operand } from '../../../domain/filter/filter.ts';
import type { EntityPageQuery, PagePosition } from '../../../domain/filter/page-position.ts';
import { conjuncts, FIELD_COLUMNS, impliesPresence } from '../../sql/filter-sql.ts';
import { keysetSql, orderBySql, type SortKey } from '../../sql/keyset-sql.ts';
import { CASTS } from './bound-values.ts';
import { ENTITY_COLUMNS } from './entity-row.ts';
import { EntitySource } from './entity-source.ts';
import type { PostgresDialect } from './postgres-dialect.ts';

/**
 * Which entities are read. An order that begins with an attribute is read in two phases, as the attribute's index contains
 * only the entities that have it.
 */
export type Phase = 'all' | 'present' | 'absent';

/** The phases of a page, in the order in which they are read. */
export function phasesOf({ order, filter, from, direction }: EntityPageQuery): Phase[] {
  const first = firstAttribute(order);
  if (first === null) return ['all'];
  const reading: Phase[] = direction === 'FORWARD' ? ['present', 'absent'] : ['absent', 'present'];
  const remaining = from === null ? reading : reading.slice(reading.indexOf(phaseOf(from.values[0])));
  return remaining.length > 1 && impliesPresence(filter, first) ? ['present'] : remaining;
}

/** One phase of a page, and how much of it is read. */
export interface PhaseRead {
  /** Of the common table expression with its rows, and the beginning of the names of others. */
  readonly name: string;
  readonly phase: Phase;
  readonly query: EntityPageQuery;
  readonly dialect: PostgresDialect;
  /** How many rows, in SQL. */
  readonly limit: string;
  /** What all rows have in common, if it is not the whole phase that is read: the value of a key before those of the query. */
  readonly within?: SharedKey;
}

export interface SharedKey {
  /** The first key of each row. */
  readonly expression: string;
  /** What it is, in SQL. */
  readonly value: string;
  /** Whether so many share it that they are looked for in an order, in SQL. */
  readonly areMany: string;
  /** Whether so many share it that they are not looked up one by one, in SQL. */
  readonly areMost: string;
}

/** How those that share a key are found: each of others is looked at, or they are looked up, expecting few of them, or as many as of any other value. */
export type Sharing = 'probed' | 'few' | 'many';

/** All entities of the phase. @param isLackProbed whether those that lack the attribute are found by what else is asked of them. */
export function phaseSource(
  { phase, query, dialect, within }: Omit<PhaseRead, 'name' | 'limit'>,
  { isLackProbed = true, sharing = 'probed' }: { readonly isLackProbed?: boolean; readonly sharing?: Sharing } = {},
) {
  const { order, from, direction } = query;
  const source = new EntitySource(dialect, query);
  const first = firstAttribute(order);
  const isAbsent = phase === 'absent' && first !== null;
  // Nearly all may have it, so that those that lack it are found by what else is asked of them, and not in an order.
  const isAskedMore = source.isFoundByText || (source.isJoined && source.hasOnlyRanges(true));
  const isWalked = isAskedMore || (within !== undefined && sharing === 'probed');
  if (isAbsent && isLackProbed && isWalked) source.whereProbed(lacks(first));
  else if (isAbsent) source.where(lacks(first));
  const sorted = isAbsent ? order.slice(1) : order;
  const keys = sorted.map((by) => sortKey(by, query, source, dialect));
  const id = idKey(dialect, 'e.entity_id');
  const position = positionIn(phase, from);
  if (position !== null) {
    const values = isAbsent ? position.slice(1) : position;
    if (keys.length === 0) source.whereId((column) => keysetSql([idKey(dialect, column)], values, direction));
    else if (sharing === 'few') source.whereProbed(keysetSql([...keys, id], values, direction));
    else source.where(keysetSql([...keys, id], values, direction));
  }
  const selected = keys.map((key) => key.expression);
  if (isAbsent) selected.unshift(`NULL::${CASTS[indexedType(first)]}`);
  if (within !== undefined) {
    if (sharing === 'probed') source.whereProbed(`${within.expression} = ${within.value}`);
    else if (sharing === 'many') source.where(`${within.expression} = ${within.value}`);
    else source.where(sharesFew(within));
    selected.unshift(within.expression);
  }
  return {
    source,
    columns: columnsSql(selected),
    orderBy: orderBySql([...keys, id], direction),
    isOnEntity: sorted.every((by) => by.kind === 'field' || !isRow(by.attribute)),
  };
}

/** As a range: of one value that it does not know, the planner expects as many as of any other, which of a status is half of all, and reads all of them. */
export function sharesFew({ expression, value }: Pick<SharedKey, 'expression' | 'value'>): string {
  return `${expression} BETWEEN ${value} AND ${value}`;
}

/** The values of the position and its id, if the position lies in this phase; null: the phase is read from its beginning. */
export function positionIn(phase: Phase, from: PagePosition | null): (Operand | null)[] | null {
  if (from === null || (phase !== 'all' && phase !== phaseOf(from.values[0]))) return null;
  return [...from.values, from.id];
}

export function columnsSql(keys: readonly string[]): string {
  const entity = ENTITY_COLUMNS.map((column) => `e.${column}`);
  return [...entity, ...keys.map((expression, index) => `${expression} AS key_${index}`)].join(', ');
}

export function sortKey(
  by: EntityOrder,
  query: EntityPageQuery,
  source: EntitySource,
  dialect: PostgresDialect,
): SortKey {
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

/** A key of rows that are there already. */
export function columnKey(expression: string, direction: Direction): SortKey {
  return { expression, direction, nullable: false, bind: String };
}

export function idKey(dialect: PostgresDialect, expression: string): SortKey {
  const bind = (value: Operand) => dialect.values.bind(value, 'bigint');
  return { expression, direction: 'ASC', nullable: false, bind };
}

/** An attribute is in the jsonb of exactly the entities that have it, so this needs no second table. */
function lacks(attribute: AttributeDefinition): string {
  const place = attributePlace(attribute);
  return place.kind === 'column' ? `e.${place.column} IS NULL` : `NOT e.attributes ? '${attribute.id}'`;
}

export function isRow(attribute: AttributeDefinition): boolean {
  return attributePlace(attribute).kind === 'row';
}

/** Whether nothing is asked but values, whose share of all an index knows: not ids, alternatives or the contrary. */
export function isPlain(filter: EntityFilter): boolean {
  return conjuncts(filter).every(({ kind }) => kind === 'attribute' || kind === 'exists' || kind === 'elements');
}

function firstAttribute([first]: readonly EntityOrder[]): AttributeDefinition | null {
  return first?.kind === 'attribute' ? first.attribute : null;
}

function phaseOf(firstValue: Operand | null | undefined): Phase {
  return firstValue === null ? 'absent' : 'present';
}
