import type { AttributeDefinition } from '../../../domain/catalog/attribute.ts';
import { attributePlace } from '../../../domain/catalog/attribute-place.ts';
import { type EntityOrder, MATCH_ALL } from '../../../domain/filter/filter.ts';
import { conjuncts } from '../../sql/filter-sql.ts';
import { keysetSql, orderBySql } from '../../sql/keyset-sql.ts';
import { BoundValues } from './bound-values.ts';
import { EntitySource } from './entity-source.ts';
import {
  columnKey,
  columnsSql,
  idKey,
  isPlain,
  isRow,
  type PhaseRead,
  phaseSource,
  phasesOf,
  positionIn,
  sharesFew,
  sortKey,
} from './phase-source.ts';
import { PostgresDialect } from './postgres-dialect.ts';
import { isTiedOrder, rowsByValue, type TiedOrder, tiedRows } from './tied-order.ts';

/** Candidates that are probed in the order of an index, per row of the page, before all matches are sorted instead. */
const PROBES_PER_ROW = 20;
/** The same if nothing is asked of them but their type. */
const PROBES_PER_ROW_OF_TYPE = 4;
/** For a text, at least so many are probed: a share of fewer tells little. */
const LEAST_PROBES_FOR_TEXT = 1_000;
/** And up to so many, if as many as that most probably fill the page. */
const MOST_PROBES_FOR_TEXT = 20_000;
/** Up to so many that share a value are sorted without looking for the first of them in an order. */
const FEW_OF_A_VALUE = 1_000;
/** Up to so many are looked up one by one to be sorted; a join reads all entities. */
const MANY_OF_A_VALUE = 100_000;
/** Of more types than these, no index has an order: the first of each are looked at, or the first candidates of each are probed. */
const MOST_TYPES = { read: 100, probed: 10 };

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

/** The phases of what the query orders, one after the other. @returns the common table expressions, and the names of those that together have the rows. */
export function readPhases(read: Omit<PhaseRead, 'phase'>): { readonly tables: string[]; readonly names: string[] } {
  const tables: string[] = [];
  const names: string[] = [];
  // A later phase reads only what the earlier ones did not fill, and nothing once the page is full.
  let left = read.limit;
  for (const [index, phase] of phasesOf(read.query).entries()) {
    const name = `${read.name}_${index}`;
    tables.push(...readPhase({ ...read, name, phase, limit: left }));
    names.push(name);
    left += ` - (SELECT count(*) FROM ${name})`;
  }
  return { tables, names };
}

/** The common table expressions; the last one, `name`, has at most `limit` rows of the phase. */
function readPhase(read: PhaseRead): string[] {
  const { name, limit, within } = read;
  const walk = walkOf(
    within === undefined ? read : { ...read, limit: `CASE WHEN ${within.areMany} THEN ${limit} ELSE 0 END` },
  );
  if (walk?.isPartial === false) return [...walk.tables, `${name} AS MATERIALIZED (${walk.rows}\nLIMIT ${limit})`];
  if (walk === null) {
    const { source, columns, orderBy } = phaseSource(read, { sharing: 'many' });
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
UNION ALL ${sorted(read, walks.map(isFilled).join(' OR '))})`,
  ];
}

/** All that match, sorted, unless the page is filled already. @param isFilled in SQL. */
function sorted(read: PhaseRead, isFilled: string): string {
  const { query, limit, within } = read;
  if (within === undefined) {
    const { source, columns, orderBy } = phaseSource(read);
    return `(${source.selectFew(columns)}\nORDER BY ${orderBy}\nLIMIT CASE WHEN ${isFilled} THEN 0 ELSE ${limit} END)`;
  }
  const [few, many] = [phaseSource(read, { sharing: 'few' }), phaseSource(read, { sharing: 'many' })];
  const keys = query.order.map(({ direction }) => ({ ...columnKey('key_1', direction), nullable: true }));
  const orderBy = orderBySql([...keys, columnKey('entity_id', 'ASC')], query.direction);
  const limitIf = (areMost: string) => `LIMIT CASE WHEN ${isFilled} THEN 0 WHEN ${areMost} THEN ${limit} ELSE 0 END`;
  return `(${few.source.selectEach(few.columns)}\nORDER BY ${few.orderBy}\n${limitIf(`NOT ${within.areMost}`)})
UNION ALL (${many.source.selectAll(many.columns)}\nORDER BY ${orderBy}\n${limitIf(within.areMost)})`;
}

/** Null if no index has the order, or if one finds few entities by their values. */
function walkOf(read: PhaseRead): Walk | null {
  const { phase, query, within } = read;
  const [by, ...others] = query.order;
  if (others.length > 0) {
    const walk = phase === 'absent' || within !== undefined ? null : walkByFirst(read, by as EntityOrder);
    if (walk !== null || within !== undefined) return walk;
  }
  const walked = phase === 'absent' || others.length > 0 ? undefined : by;
  if (walked?.kind === 'attribute' && isRow(walked.attribute)) return walkValues(read, walked.attribute, walked);
  // Of another statement, as the values that are bound for it are not used.
  const { source, isOnEntity } = phaseSource({ ...read, dialect: new PostgresDialect(new BoundValues(), '$1') });
  if (!isOnEntity) return null;
  const isById = walked === undefined || (walked.kind === 'field' && walked.field === 'id');
  const hasOnlyRanges = source.hasOnlyRanges(isById);
  // Few entities are written in one moment, so those of a text are walked without regard to ties.
  const isTied = walked?.direction === 'DESC' && !isById && !(walked.kind === 'field' && source.isFoundByText);
  // Of all types, one walk is enough, since it looks at the first candidates of each.
  const isWalkedFurther = hasOnlyRanges && source.isFoundByText && query.type !== null;
  if (isTied && isWalkedFurther && walked.kind === 'attribute') return walkValues(read, walked.attribute, walked);
  if (isTied && (source.isAlone || hasOnlyRanges)) return walkTied(read, walked, !source.isAlone);
  const mostTypes = mostTypesOf(read, walked, !source.isAlone);
  const isFirstOfEachType = mostTypes !== null && source.isAlone;
  if (!hasOnlyRanges && !isFirstOfEachType) return null;
  const { columns, orderBy, source: own } = phaseSource(read);
  const select = (candidates: string, only: readonly string[]) =>
    own.selectWalking(columns, { orderBy, candidates, only, mostTypes });
  if (isFirstOfEachType) return { tables: [], rows: select(read.limit, []), isPartial: false };
  const walk = walkAmong(read, own, (_, candidates, only) => ({ tables: [], rows: select(candidates, only) }));
  return phase === 'absent' && own.isFoundByText
    ? { ...walk, further: [...(walk.further ?? []), lacking(read)] }
    : walk;
}

/**
 * In the order of two keys, the first of which is a column of the entity: an index has the order of that one only. Those that share a value are each read by
 * themselves, in the order of the second one. Null if few most probably match the filter: these are sorted.
 */
function walkByFirst(read: PhaseRead, by: EntityOrder): Walk | null {
  const { name, phase, query, dialect, limit } = read;
  const { direction, order, from } = query;
  if (order.length > 2 || (by.kind === 'attribute' ? isRow(by.attribute) : by.field === 'id')) return null;
  if (!isPlain(query.filter)) return null;
  const filtered = new EntitySource(new PostgresDialect(new BoundValues(), '$1'), query);
  const isProbed = !filtered.isAlone;
  if (isProbed && !(filtered.isJoined && filtered.hasOnlyRanges(false))) return null;
  const ofType = { ...query, filter: MATCH_ALL };
  const key = sortKey(by, query, new EntitySource(dialect, ofType), dialect);
  const { tables, rows } = rowsByValue({
    ...{ name, key, column: 'key_0', read: direction, limit },
    from: positionIn(phase, from)?.[0] ?? null,
    near: (beyond, most) => {
      const { source, columns } = phaseSource({ ...read, query: { ...query, from: null } });
      if (beyond !== null) source.where(beyond);
      const orderBy = orderBySql([key, { ...idKey(dialect, 'e.entity_id'), direction: key.direction }], direction);
      const walk = { orderBy, candidates: isProbed ? candidatesOf(read) : limit, only: [] };
      const first = source.selectWalking(columns, { ...walk, mostTypes: mostTypesOf(read, by, isProbed) });
      return `${name}_near AS MATERIALIZED (${first}\nLIMIT ${most})`;
    },
    sharing: (part, value, most) => {
      const table = `${name}_${part}`;
      const counted = new EntitySource(dialect, ofType);
      counted.where(sharesFew({ expression: key.expression, value }));
      const isMore = (than: number) =>
        `SELECT count(*) > ${than} AS is_more FROM (${counted.select('1')} LIMIT ${than} + 1) c`;
      const [areMany, areMost] = [`(SELECT is_more FROM ${table}_many)`, `(SELECT is_more FROM ${table}_most)`];
      const position = part === 'start' && from !== null ? { values: from.values.slice(1), id: from.id } : null;
      const rest = { ...query, order: order.slice(1), from: position };
      const within = { expression: key.expression, value, areMany, areMost };
      const { tables: own, names } = readPhases({ name: table, query: rest, dialect, limit: most, within });
      return [
        `${table}_many AS MATERIALIZED (${isMore(FEW_OF_A_VALUE)})`,
        `${table}_most AS MATERIALIZED (${isMore(MANY_OF_A_VALUE)})`,
        ...own,
        `${table} AS MATERIALIZED (${names.map((one) => `SELECT * FROM ${one}`).join(' UNION ALL ')})`,
      ];
    },
  });
  const keys = order.map((each, index) => ({ ...columnKey(`key_${index}`, each.direction), nullable: index > 0 }));
  const inOrder = orderBySql([...keys, columnKey('entity_id', 'ASC')], direction);
  return { tables, rows: `SELECT * FROM (${rows}) t ORDER BY ${inOrder}`, isPartial: isProbed };
}

/** Of a text that many have, those that lack the attribute are looked for among all: the first of them are nearer than all that have the text. */
function lacking(read: PhaseRead): FurtherWalk {
  const { columns, orderBy, source } = phaseSource(read, { isLackProbed: false });
  const candidates = String(MOST_PROBES_FOR_TEXT);
  return {
    suffix: 'lacking',
    mayFill: () => source.isFoundOften,
    walk: (_, only) => ({
      tables: [],
      rows: source.selectWalking(columns, { orderBy, candidates, only: [only], mostTypes: null }),
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
  const { phase, query, dialect, within } = read;
  const source = new EntitySource(dialect, query);
  if (within !== undefined) source.whereProbed(`${within.expression} = ${within.value}`);
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
  const columns = columnsSql([...(within === undefined ? [] : [within.expression]), key.expression]);
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
  const { name, query, dialect, limit, within } = read;
  const candidates = candidatesOf(read);
  const column = within === undefined ? 'key_0' : 'key_1';
  const { tables, rows } = tiedRows({
    ...{ name, limit, column, read: query.direction },
    key: sortKey(by, query, new EntitySource(dialect, { ...query, filter: MATCH_ALL }), dialect),
    id: idKey(dialect, 'e.entity_id'),
    position: tiedPosition(read),
    select: (condition, orderBy, part) => {
      const { source, columns } = phaseSource({ ...read, query: { ...query, from: null } });
      if (condition !== null) source.where(condition);
      const walk = { orderBy, only: [], mostTypes: mostTypesOf(read, by, isProbed) };
      if (isProbed && part !== 'start') return source.selectWalking(columns, { ...walk, candidates });
      return walk.mostTypes !== null && !isProbed
        ? source.selectWalking(columns, { ...walk, candidates: limit })
        : `${source.select(columns)}\nORDER BY ${orderBy}`;
    },
  });
  const orderBy = orderBySql([columnKey(column, by.direction), columnKey('entity_id', 'ASC')], query.direction);
  return { tables, rows: `SELECT * FROM (${rows}) t ORDER BY ${orderBy}`, isPartial: isProbed };
}

/** The position in a phase whose order is one value that is there. */
function tiedPosition({ phase, query: { from } }: PhaseRead): TiedOrder['position'] {
  const value = positionIn(phase, from)?.[0] ?? null;
  return from === null || value === null ? null : [value, from.id];
}

/** See EntitySource.selectWalking. Null, too, if one type is read, or if what is asked may find few. */
function mostTypesOf({ query }: PhaseRead, by: EntityOrder | undefined, isProbed: boolean): number | null {
  if (query.type !== null || by?.kind !== 'attribute' || !isPlain(query.filter)) return null;
  return isProbed ? MOST_TYPES.probed : MOST_TYPES.read;
}

function candidatesOf({ limit, query, within }: PhaseRead): string {
  const isOfType = conjuncts(query.filter).length === 0 && within === undefined;
  return `(${limit}) * ${isOfType ? PROBES_PER_ROW_OF_TYPE : PROBES_PER_ROW}`;
}
