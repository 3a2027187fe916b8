import type { AttributeDefinition, AttributeId } from '../../../domain/catalog/attribute.ts';
import { attributePlace, indexedType } from '../../../domain/catalog/attribute-place.ts';
import { isListType } from '../../../domain/catalog/list-types.ts';
import type { EntityFilter, EntitySelection, Predicate } from '../../../domain/filter/filter.ts';
import { indexedPredicate } from '../../../domain/filter/indexed-predicate.ts';
import { conjuncts, filterSql, predicateSql, wholeType } from '../../sql/filter-sql.ts';
import { isPatternPredicate, type PatternPredicate } from '../../sql/text-pattern.ts';
import { elementColumn, type FoundIds, type PostgresDialect } from './postgres-dialect.ts';
import { typeNamesSql } from './type-names.ts';

/** A row of entity_attribute beside the entity, or one of entity_element. */
interface AttributeRow {
  readonly alias: string;
  readonly table: 'entity_attribute' | 'entity_element';
  /** Of the table, with the value. */
  readonly column: string;
  readonly attribute: AttributeDefinition;
  readonly conditions: string[];
  optional: boolean;
  /** Whether a condition picks single values out of many. */
  isExact: boolean;
  /** Whether a condition picks one element, which many may have: its index returns them in the order of ids. */
  isElement: boolean;
}

const EXACT = new Set<Predicate['operator']>(['eq', 'in']);

/** Entities that are looked up by id rather than found among all of the tenant's. */
const FEW = 10_000;

type ElementsFilter = EntityFilter & { readonly kind: 'elements' };

/** Each further one takes time to plan; the others are probed. */
const MOST_JOINED_ELEMENTS = 4;

interface Walk {
  readonly orderBy: string;
  /** How many are looked at. */
  readonly candidates: string;
  /** Conditions that are known before, without which none is looked at. */
  readonly only: readonly string[];
  /** Of how many types at most the first are looked at, each by itself, since an index has the order within a type only; null: one has it of all. */
  readonly mostTypes: number | null;
}

/**
 * The selected entities `e`, each with the attribute rows that conditions, orders and groups need. Conditions that every
 * entity must meet are joined, so that the planner may begin with any of the indexes; the others are probed.
 */
export class EntitySource {
  readonly #dialect: PostgresDialect;
  /** By attribute, or by what is asked of its elements. */
  readonly #rows = new Map<AttributeId | string, AttributeRow>();
  readonly #conditions: string[];
  /** Conditions on texts and elements, which no join expresses. */
  readonly #probes: ((isOneByOne: boolean) => string)[] = [];
  /** The entities that may meet each of them, as an index finds them. */
  readonly #found: FoundIds[] = [];
  #hasElements = false;

  constructor(dialect: PostgresDialect, selection: EntitySelection) {
    this.#dialect = dialect;
    this.#conditions = [`e.tenant_id = ${dialect.tenant}`];
    if (selection.type !== null) this.#conditions.push(`e.type = ${dialect.bind(selection.type, 'TEXT')}`);
    for (const filter of conjuncts(selection.filter)) this.#filter(filter);
  }

  /**
   * An attribute's indexed value. Entities that lack a required attribute are left out. Of a list, each element: an entity is there as many times as
   * its list has elements.
   */
  value(attribute: AttributeDefinition, presence: 'required' | 'optional'): string {
    if (isListType(attribute.type)) return valueIn(this.#elements(attribute, `elements of ${attribute.id}`));
    const place = attributePlace(attribute);
    if (place.kind === 'row') return `${this.#row(attribute, presence).alias}.${place.column}`;
    const value = `e.${place.column}`;
    if (presence === 'required') this.where(`${value} IS NOT NULL`);
    return value;
  }

  /**
   * An attribute's whole value, as text if it is JSON. Entities that lack a required attribute are left out. Only a value that its index may cut is
   * looked up in the entity row, in a subquery of its own, so that the statement can still be served from an index alone.
   */
  wholeValue(attribute: AttributeDefinition, presence: 'required' | 'optional'): string {
    const value = this.value(attribute, presence);
    if (attribute.type !== 'TEXT' && attribute.type !== 'JSON') return value;
    // A JSON value that is a text keeps its quotes: without them, it would be another value, or none.
    const text =
      attribute.type === 'JSON' ? `(w.attributes -> '${attribute.id}')::text` : `w.attributes ->> '${attribute.id}'`;
    const whole = `SELECT ${text} FROM atlas.entity w
  WHERE w.tenant_id = ${this.#dialect.tenant} AND w.entity_id = e.entity_id`;
    return `CASE WHEN ${this.#dialect.fillsIndex(value)} THEN (${whole}) ELSE ${value} END COLLATE "C"`;
  }

  where(condition: string): void {
    this.#conditions.push(condition);
  }

  /** A condition that no index serves: where few entities are looked at in some order, it does not make them others. */
  whereProbed(condition: string): void {
    this.#probes.push(() => condition);
  }

  /** A condition on the entity's id, repeated for every joined row: Postgres infers `=` for them, but not `>`. */
  whereId(condition: (id: string) => string): void {
    this.where(condition('e.entity_id'));
    for (const row of this.#rows.values()) row.conditions.push(condition(`${row.alias}.entity_id`));
  }

  /** What an index finds of the entities that may meet a condition: all that meet it, and others. */
  among(found: FoundIds): void {
    this.#found.push(found);
  }

  select(columns: string): string {
    const rows = [...this.#rows.values()];
    return this.#found.length === 0
      ? this.#select(columns, rows, { further: this.#probed(false) })
      : this.#selectFound(columns, rows, false);
  }

  #selectFound(columns: string, rows: readonly AttributeRow[], isOneByOne: boolean): string {
    // The next condition is looked up only if too many meet those before it.
    const few = this.#found.map(
      (found) =>
        `(SELECT CASE WHEN count(*) <= ${FEW} THEN coalesce(array_agg(id), '{}') END FROM (${found(FEW + 1)}) f)`,
    );
    // Looking entities up one by one is slow if they are many, and reading all is slow if they are few; the planner cannot tell which applies.
    const entities = `SELECT * FROM atlas.entity WHERE tenant_id = ${this.#dialect.tenant}`;
    const either = `(${entities} AND entity_id = ANY((SELECT ids FROM found)::bigint[])
UNION ALL ${entities} AND (SELECT ids FROM found) IS NULL)`;
    return `WITH found AS MATERIALIZED (SELECT coalesce(${few.join(',\n  ')}) AS ids)
${this.#select(columns, rows, { from: either, further: this.#probed(isOneByOne) })}`;
  }

  /** The same, if most probably few entities match. */
  selectFew(columns: string): string {
    const rows = [...this.#rows.values()];
    // One of the conditions may be met by few, and the others by all.
    if (this.#hasElements) return this.#selectFound(columns, rows, true);
    const found = this.#found.map((ids) => `e.entity_id IN (${ids(null)})`);
    return this.#select(columns, rows, { further: [...this.#probed(true), ...found] });
  }

  /** The same, but only of the first candidates in the order of the entity's columns. */
  selectWalking(columns: string, walk: Walk): string {
    return `${this.#selectAmong(columns, this.#candidates(walk))}ORDER BY ${walk.orderBy}`;
  }

  /** The same, but all that meet the conditions are found before they are sorted, whatever the planner expects of a limit. */
  selectAll(columns: string): string {
    return `SELECT * FROM (${this.select(columns)} OFFSET 0) t`;
  }

  /** The same, but those that meet the conditions on the entity's columns are few, and are found first. */
  selectEach(columns: string): string {
    return this.#selectAmong(columns, `${this.#select('e.*', [])} OFFSET 0`);
  }

  /** Each entity is probed for its rows and texts; OFFSET 0 keeps the planner from making a join of that. */
  #selectAmong(columns: string, entities: string): string {
    const probes = [...this.#rows.values()].map((row) => {
      const probe = `SELECT * FROM atlas.${row.table} ${row.alias} WHERE ${this.#rowConditions(row)} OFFSET 0`;
      return row.optional
        ? `\nLEFT JOIN LATERAL (${probe}) ${row.alias} ON true`
        : `\nCROSS JOIN LATERAL (${probe}) ${row.alias}`;
    });
    return `SELECT ${columns}
FROM (${entities}) e${probes.join('')}
${this.#probes.length === 0 ? '' : `WHERE ${this.#probed(true).join(' AND ')}\n`}`;
  }

  #candidates({ orderBy, candidates, only, mostTypes }: Walk): string {
    const ofAll = `${this.#select('e.*', [], { further: only })} ORDER BY ${orderBy}`;
    const end = `ORDER BY ${orderBy} LIMIT ${candidates}`;
    if (mostTypes === null) return `${ofAll} LIMIT ${candidates}`;
    const ofType = `${this.#select('e.*', [], { further: [...only, 'e.type = y.type'] })} ${end}`;
    const areFew = `(SELECT count(*) <= ${mostTypes} FROM types)`;
    return `WITH types AS MATERIALIZED (${typeNamesSql(this.#dialect.tenant)} LIMIT ${mostTypes + 1})
(SELECT e.* FROM types y CROSS JOIN LATERAL (${ofType}) e WHERE ${areFew} ${end})
UNION ALL (${ofAll} LIMIT CASE WHEN ${areFew} THEN 0 ELSE ${candidates} END)`;
  }

  /** The ids and values of one required attribute, from its rows or of the entities that are not probed yet. @param conditions on them. */
  selectValues(attribute: AttributeDefinition, conditions: readonly string[]): string {
    const place = attributePlace(attribute);
    if (place.kind === 'column') return this.#select(`e.entity_id, e.${place.column}`, [], { further: conditions });
    const { alias, conditions: own } = this.#row(attribute, 'required');
    const all = [...this.#dialect.rowConditions(attribute, alias), ...own, ...conditions];
    return `SELECT ${alias}.entity_id, ${alias}.${place.column} FROM atlas.entity_attribute ${alias} WHERE ${all.join(' AND ')}`;
  }

  /** The same, but only of those among some values of an attribute. @param values a select from `selectValues`, in order, as the columns of `aliasOf`. */
  selectBeside(columns: string, attribute: AttributeDefinition, values: string, orderBy: string): string {
    const alias = this.aliasOf(attribute);
    const others = [...this.#rows.values()].filter((other) => other.alias !== alias);
    return `SELECT ${columns}
FROM (${values}) ${alias}
CROSS JOIN LATERAL (${this.#select('e.*', others, { further: this.#probed(true) })} AND e.entity_id = ${alias}.entity_id OFFSET 0) e
ORDER BY ${orderBy}`;
  }

  /**
   * Whether rows are joined or texts compared, but none of them by single values. An equality has few matches or, from its index,
   * returns all of them in the order of ids, so the planner does well with it.
   */
  hasOnlyRanges(isInOrderOfIds: boolean): boolean {
    const rows = [...this.#rows.values()];
    // What is probed beside it may be met by few of those that have the element.
    const isInOrder = isInOrderOfIds && this.#probes.length === 0;
    const isRange = (row: AttributeRow) => !row.isExact && !(row.isElement && isInOrder);
    return rows.length + this.#probes.length > 0 && rows.every(isRange);
  }

  /** Whether the entity row alone says whether an entity is selected. */
  get isAlone(): boolean {
    return this.#rows.size + this.#probes.length + this.#found.length === 0;
  }

  /** Whether attribute rows are joined, and no text finds the entities first. */
  get isJoined(): boolean {
    return this.#rows.size > 0 && this.#found.length === 0;
  }

  /** Whether trigrams find the entities that may meet a condition. They are read in full, however many they are. */
  get isFoundByText(): boolean {
    return this.#found.length > 0 && !this.#hasElements;
  }

  /** Whether each of the conditions that an index serves finds more entities than are looked up one by one, in SQL. */
  get isFoundOften(): string {
    return this.#found.map((found) => `(SELECT count(*) > ${FEW} FROM (${found(FEW + 1)}) f)`).join(' AND ');
  }

  /** What an attribute's values are called in `selectBeside`: as its row, if it has one. */
  aliasOf(attribute: AttributeDefinition): string {
    return attributePlace(attribute).kind === 'column' ? 'v' : this.#row(attribute, 'required').alias;
  }

  #select(
    columns: string,
    rows: readonly AttributeRow[],
    { from = 'atlas.entity', further = [] }: { readonly from?: string; readonly further?: readonly string[] } = {},
  ): string {
    const joins = rows.map((row) => {
      const join = row.optional ? 'LEFT JOIN' : 'JOIN';
      return `\n${join} atlas.${row.table} ${row.alias} ON ${this.#rowConditions(row)}`;
    });
    return `SELECT ${columns} FROM ${from} e${joins.join('')}\nWHERE ${[...this.#conditions, ...further].join(' AND ')}`;
  }

  #rowConditions(row: AttributeRow): string {
    const own = this.#dialect.rowConditions(row.attribute, row.alias, row.column);
    return [`${row.alias}.entity_id = e.entity_id`, ...own, ...row.conditions].join(' AND ');
  }

  #filter(filter: EntityFilter): void {
    if (filter.kind === 'exists' && attributePlace(filter.attribute).kind === 'row') {
      this.#row(filter.attribute, 'required');
    } else if (filter.kind === 'attribute' && isJoined(filter.attribute, filter.predicate)) {
      const row = this.#row(filter.attribute, 'required');
      const type = indexedType(filter.attribute);
      row.conditions.push(predicateSql(this.#dialect, valueIn(row), type, filter.predicate));
      if (EXACT.has(filter.predicate.operator) && filter.attribute.type !== 'BOOLEAN') row.isExact = true;
    } else if (filter.kind === 'elements') {
      this.#element(filter);
    } else if (isTextFilter(filter)) {
      this.#found.push(this.#dialect.idsByText(filter.attribute, filter.predicate));
      // Of the few that may have it, the entity row is read anyway. A look into the other table would become a scan of the whole attribute.
      const whole = this.#dialect.wholeValue(filter.attribute);
      const condition = predicateSql(this.#dialect, whole, wholeType(filter.attribute), filter.predicate);
      this.#probes.push(() => condition);
    } else {
      this.where(filterSql(this.#dialect, filter));
    }
  }

  /**
   * An element is joined: one row of a list has it first, so that the entity is there once. The planner knows which of some are rare. Of several
   * operands, an entity may have more than one.
   */
  #element({ attribute, operands }: ElementsFilter): void {
    const dialect = this.#dialect;
    const joined = [...this.#rows.values()].filter(({ isElement }) => isElement);
    if (operands.length === 1 && joined.length < MOST_JOINED_ELEMENTS) {
      const row = this.#elements(attribute, `${attribute.id} contains ${operands}`);
      row.conditions.push(dialect.isElement(attribute, valueIn(row), operands), `${row.alias}.is_first`);
      row.isElement = true;
      return;
    }
    this.#hasElements = true;
    this.#found.push((most) => dialect.idsByElement(attribute, operands, most));
    this.#probes.push((isOneByOne) => dialect.hasElement(attribute, operands, isOneByOne));
  }

  /**
   * @param isOneByOne whether few entities are looked at, so that a join with all that meet a condition would take longer. Planning joins of many would
   * take all memory of the server.
   */
  #probed(isOneByOne: boolean): string[] {
    return this.#probes.map((probe) => probe(isOneByOne || this.#probes.length > MOST_JOINED_ELEMENTS));
  }

  #row(attribute: AttributeDefinition, presence: 'required' | 'optional'): AttributeRow {
    const known = this.#rows.get(attribute.id);
    if (known !== undefined) {
      if (presence === 'required') known.optional = false;
      return known;
    }
    const { column } = attributePlace(attribute);
    return this.#add(attribute.id, { table: 'entity_attribute', column, attribute, optional: presence === 'optional' });
  }

  /** @param use the same one has the same row. */
  #elements(attribute: AttributeDefinition, use: string): AttributeRow {
    const row = { table: 'entity_element', column: elementColumn(attribute), attribute, optional: false } as const;
    return this.#rows.get(use) ?? this.#add(use, row);
  }

  #add(
    name: AttributeId | string,
    fields: Pick<AttributeRow, 'table' | 'column' | 'attribute' | 'optional'>,
  ): AttributeRow {
    const row: AttributeRow = {
      alias: `a${this.#rows.size + 1}`,
      ...fields,
      conditions: [],
      isExact: false,
      isElement: false,
    };
    this.#rows.set(name, row);
    return row;
  }
}

function valueIn({ alias, column }: AttributeRow): string {
  return `${alias}.${column}`;
}

function isJoined(attribute: AttributeDefinition, predicate: Predicate): boolean {
  const isIndexed = attributePlace(attribute).kind === 'row' && indexedPredicate(attribute, predicate).open === null;
  return isIndexed && !isPatternPredicate(predicate);
}

/** Whether trigrams find what the filter is about. */
function isTextFilter(
  filter: EntityFilter,
): filter is EntityFilter & { kind: 'attribute'; predicate: PatternPredicate } {
  if (filter.kind !== 'attribute' || attributePlace(filter.attribute).kind !== 'row') return false;
  return isPatternPredicate(filter.predicate) && filter.predicate.operand !== '';
}
