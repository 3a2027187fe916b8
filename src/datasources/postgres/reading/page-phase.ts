import type { AttributeDefinition } from '../../../domain/catalog/attribute.ts';
import { attributePlace, indexedType } from '../../../domain/catalog/attribute-place.ts';
import { type Direction, type EntityOrder, MATCH_ALL, type Operand } from '../../../domain/filter/filter.ts';
import type { EntityPageQuery, PagePosition } from '../../../domain/filter/page-position.ts';
import { conjuncts, FIELD_COLUMNS, impliesPresence } from '../../sql/filter-sql.ts';
import { keysetSql, orderBySql, type SortKey } from '../../sql/keyset-sql.ts';
import { BoundValues, CASTS } from './bound-values.ts';
import { ENTITY_COLUMNS } from './entity-row.ts';
import { EntitySource } from './entity-source.ts';
import { PostgresDialect } from './postgres-dialect.ts';
import { isTiedOrder, type TiedOrder, tiedRows } from './tied-order.ts';

/** Candidates that are probed in the order of an index, per row of the page, before all matches are sorted instead. */
const PROBES_PER_ROW = 20;
/** The same if nothing is asked of them but their type. */
const PROBES_PER_ROW_OF_TYPE = 4;
/** For a text, at least so many are probed: a share of fewer tells little. */
const LEAST_PROBES_FOR_TEXT = 1_000;
/** And up to so many, if as many as that most probably fill the page. */
const MOST_PROBES_FOR_TEXT = 20_000;

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
interface PhaseRead {
  /** Of the common table expression with its rows, and the beginning of the names of others. */
  readonly name: string;
  readonly phase: Phase;
  readonly query: EntityPageQuery;
  readonly dialect: PostgresDialect;
  /** How many rows, in SQL. */
  readonly limit: string;
}

/** Some rows by scans of an index, in order, with the common table expressions that they need. */
interface WalkedRows {
  readonly tables: readonly string[];
  readonly rows: string;
}

/** The first rows of a phase. */
interface Walk extends WalkedRows {
  /** Whether they are looked for among the first candidates only, so that some may be missing. */
  readonly isPartial: boolean;
  /** The same among other candidates, one after the other until the page is full; none unless given. */
  readonly further?: readonly FurtherWalk[];
}

interface FurtherWalk {
  /** What the name of its rows ends with. */
  readonly suffix: string;
  /** Whether it most probably fills the page, in SQL. @param found how many rows are among the first candidates. */
  readonly mayFill: (found: string) => string;
  /** @param name of the common table expressions. @param only a condition that is known before: otherwise nothing is read. */
  readonly walk: (name: string, only: string) => WalkedRows;
}

/** The common table expressions; the last one, `name`, has at most `limit` rows of the phase. */
export function readPhase(read: PhaseRead): string[] {
  const { name, limit } = read;
  const walk = walkOf(read);
  if (walk?.isPartial === false) return [...walk.tables, `${name} AS MATERIALIZED (${walk.rows}\nLIMIT ${limit})`];
  const { source, columns, orderBy } = phaseSource(read);
  if (walk === null) {
    return [`${name} AS MATERIALIZED (${source.select(columns)}\nORDER BY ${orderBy}\nLIMIT ${limit})`];
  }
  // Sorting all matches is slow if they are many, and walking the order's index is slow if they are rare; the planner cannot tell
  // which applies. So the index is walked a little, and the sort runs only if that did not fill the page.
  const walks: (WalkedRows & { readonly table: string })[] = [{ table: `${name}_walked`, ...walk }];
  const found = (table: string) => `(SELECT count(*) FROM ${table})`;
  for (const { suffix, mayFill, walk: further } of walk.further ?? []) {
    const table = `${name}_${suffix}`;
    const isLeft = walks.map((before) => `${found(before.table)} < ${limit}`).join(' AND ');
    walks.push({ table, ...further(table, `${isLeft} AND ${mayFill(found(`${name}_walked`))}`) });
  }
  const isFilled = ({ table }: { readonly table: string }) => `${found(table)} = ${limit}`;
  return [
    ...walks.flatMap(({ table, tables, rows }) => [...tables, `${table} AS MATERIALIZED (${rows}\nLIMIT ${limit})`]),
    `${name} AS MATERIALIZED (${walks.map((each) => `SELECT * FROM ${each.table} WHERE ${isFilled(each)}`).join('\nUNION ALL ')}
UNION ALL (${source.selectFew(columns)}\nORDER BY ${orderBy}\nLIMIT CASE WHEN ${walks.map(isFilled).join(' OR ')} THEN 0 ELSE ${limit} END))`,
  ];
}

/** Null if no index has the order, or if one finds few entities by their values. */
function walkOf(read: PhaseRead): Walk | null {
  const { phase, query } = read;
  const [by, ...others] = query.order;
  const walked = phase === 'absent' || others.length > 0 ? undefined : by;
  if (walked?.kind === 'attribute' && isRow(walked.attribute)) return walkValues(read, walked.attribute, walked);
  // Of another statement, as the values that are bound for it are not used.
  const { source, isOnEntity } = phaseSource({ ...read, dialect: new PostgresDialect(new BoundValues(), '$1') });
  if (!isOnEntity) return null;
  const isById = walked === undefined || (walked.kind === 'field' && walked.field === 'id');
  const hasOnlyRanges = source.hasOnlyRanges(isById);
  // Few entities are written in one moment, so those of a text are walked without regard to ties.
  const isTied = walked?.direction === 'DESC' && !isById && !(walked.kind === 'field' && source.isFoundByText);
  // Of all types, a walk looks at the first candidates of each: one is enough.
  const isWalkedFurther = hasOnlyRanges && source.isFoundByText && query.type !== null;
  if (isTied && isWalkedFurther && walked.kind === 'attribute') return walkValues(read, walked.attribute, walked);
  if (isTied && (source.isAlone || hasOnlyRanges)) return walkTied(read, walked, !source.isAlone);
  const isByType = isInOrderByType(walked);
  const isFirstOfEachType = isByType && query.type === null && source.isAlone;
  if (!hasOnlyRanges && !isFirstOfEachType) return null;
  const { columns, orderBy, source: own } = phaseSource(read);
  const select = (candidates: string, only: readonly string[]) =>
    own.selectWalking(columns, { orderBy, candidates, only, isByType });
  if (isFirstOfEachType) return { tables: [], rows: select(read.limit, []), isPartial: false };
  const walk = walkAmong(read, own, (_, candidates, only) => ({ tables: [], rows: select(candidates, only) }));
  return phase === 'absent' && own.isFoundByText
    ? { ...walk, further: [...(walk.further ?? []), lacking(read)] }
    : walk;
}

/** Of a text that many have, those that lack the attribute are looked for among all: the first of them are nearer than all that have the text. */
function lacking(read: PhaseRead): FurtherWalk {
  const { columns, orderBy, source } = phaseSource(read, false);
  const candidates = String(MOST_PROBES_FOR_TEXT);
  return {
    suffix: 'lacking',
    mayFill: () => source.isFoundOften,
    walk: (_, only) => ({
      tables: [],
      rows: source.selectWalking(columns, { orderBy, candidates, only: [only], isByType: false }),
    }),
  };
}

/** The rows among the first candidates. If texts are compared, more are looked at, and many more if these most probably fill the page. */
function walkAmong(
  read: PhaseRead,
  { isFoundByText }: EntitySource,
  walk: (name: string, candidates: string, only: readonly string[]) => WalkedRows,
): Walk {
  const few = candidatesOf(read);
  if (!isFoundByText) return { ...walk(read.name, few, []), isPartial: true };
  const after = `greatest(${few}, ${LEAST_PROBES_FOR_TEXT})`;
  const further: FurtherWalk = {
    suffix: 'walked_on',
    mayFill: (found) => `${found} * ${MOST_PROBES_FOR_TEXT} >= (${read.limit}) * ${after}`,
    walk: (name, only) => walk(name, String(MOST_PROBES_FOR_TEXT), [only]),
  };
  return { ...walk(read.name, after, []), isPartial: true, further: [further] };
}

/** In the order of an attribute's values. */
function walkValues(read: PhaseRead, attribute: AttributeDefinition, by: EntityOrder): Walk {
  const { phase, query, dialect } = read;
  const source = new EntitySource(dialect, query);
  const own = sortKey(by, query, source, dialect);
  const { kind, column } = attributePlace(attribute);
  const alias = source.aliasOf(attribute);
  const key = { ...own, expression: `${alias}.${column}` };
  const ids = {
    inner: idKey(dialect, kind === 'column' ? 'e.entity_id' : `${alias}.entity_id`),
    outer: idKey(dialect, `${alias}.entity_id`),
  };
  const position = positionIn(phase, query.from);
  const orderBy = orderBySql([key, ids.outer], query.direction);
  const columns = columnsSql([key.expression]);
  return walkAmong(read, source, (name, candidates, only) => {
    const select: TiedOrder['select'] = (condition, order) =>
      `${source.selectValues(attribute, [...(condition === null ? [] : [condition]), ...only])} ORDER BY ${order}`;
    if (!isTiedOrder(own)) {
      const beyond = position === null ? null : keysetSql([own, ids.inner], position, query.direction);
      const values = `${select(beyond, orderBySql([own, ids.inner], query.direction), 'near')} LIMIT ${candidates}`;
      return { tables: [], rows: source.selectBeside(columns, attribute, values, orderBy) };
    }
    const tied = { name, key: own, id: ids.inner, column, position: tiedPosition(read), read: query.direction };
    const { tables, rows } = tiedRows({ ...tied, limit: candidates, select });
    const first = `SELECT * FROM (${rows}) ${alias} ORDER BY ${orderBy} LIMIT ${candidates}`;
    return { tables, rows: source.selectBeside(columns, attribute, first, orderBy) };
  });
}

/** In the order of one of the entity's columns, from the largest value to the smallest one. @param isProbed whether entities are probed for rows. */
function walkTied(read: PhaseRead, by: EntityOrder, isProbed: boolean): Walk {
  const { name, query, dialect, limit } = read;
  const candidates = candidatesOf(read);
  const { tables, rows } = tiedRows({
    ...{ name, limit, column: 'key_0', read: query.direction },
    key: sortKey(by, query, new EntitySource(dialect, { ...query, filter: MATCH_ALL }), dialect),
    id: idKey(dialect, 'e.entity_id'),
    position: tiedPosition(read),
    select: (condition, orderBy, part) => {
      const { source, columns } = phaseSource({ ...read, query: { ...query, from: null } });
      if (condition !== null) source.where(condition);
      const walk = { orderBy, only: [], isByType: isInOrderByType(by) };
      if (isProbed && part !== 'start') return source.selectWalking(columns, { ...walk, candidates });
      return walk.isByType && !isProbed
        ? source.selectWalking(columns, { ...walk, candidates: limit })
        : `${source.select(columns)}\nORDER BY ${orderBy}`;
    },
  });
  const orderBy = orderBySql([columnKey('key_0', by.direction), columnKey('entity_id', 'ASC')], query.direction);
  return { tables, rows: `SELECT * FROM (${rows}) t ORDER BY ${orderBy}`, isPartial: isProbed };
}

/** All entities of the phase. @param isLackProbed whether those that lack the attribute are found by their texts, if these are compared. */
function phaseSource({ phase, query, dialect }: Omit<PhaseRead, 'name' | 'limit'>, isLackProbed = true) {
  const { order, from, direction } = query;
  const source = new EntitySource(dialect, query);
  const first = firstAttribute(order);
  const isAbsent = phase === 'absent' && first !== null;
  // Nearly all may have it, so that those that lack it are found by their texts, and not in an order.
  if (isAbsent && isLackProbed && source.isFoundByText) source.whereProbed(lacks(first));
  else if (isAbsent) source.where(lacks(first));
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

/** The same for a phase whose order is one value that is there. */
function tiedPosition({ phase, query: { from } }: PhaseRead): TiedOrder['position'] {
  const value = positionIn(phase, from)?.[0] ?? null;
  return from === null || value === null ? null : [value, from.id];
}

function candidatesOf({ limit, query }: PhaseRead): string {
  return `(${limit}) * ${conjuncts(query.filter).length === 0 ? PROBES_PER_ROW_OF_TYPE : PROBES_PER_ROW}`;
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

/** A key of rows that are there already. */
function columnKey(expression: string, direction: Direction): SortKey {
  return { expression, direction, nullable: false, bind: String };
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

/** Whether the index of an order over the entity's columns has it for each type by itself: those of hot attributes do. */
function isInOrderByType(by: EntityOrder | undefined): boolean {
  return by?.kind === 'attribute';
}

function firstAttribute([first]: readonly EntityOrder[]): AttributeDefinition | null {
  return first?.kind === 'attribute' ? first.attribute : null;
}

function phaseOf(firstValue: Operand | null | undefined): Phase {
  return firstValue === null ? 'absent' : 'present';
}
