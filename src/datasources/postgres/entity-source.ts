import type { AttributeDefinition, AttributeId } from '../../domain/attribute.ts';
import type { EntityFilter } from '../../domain/filter.ts';
import { indexedPredicate } from '../../domain/indexed-predicate.ts';
import { attributePlace, indexedType } from '../attribute-place.ts';
import type { EntitySelection } from '../entity-reader.ts';
import { conjuncts, filterSql, predicateSql } from '../filter-sql.ts';
import type { PostgresDialect } from './postgres-dialect.ts';

/** A row of entity_attribute beside the entity. */
interface AttributeRow {
  readonly alias: string;
  readonly attribute: AttributeDefinition;
  readonly conditions: string[];
  optional: boolean;
}

/**
 * The selected entities `e`, each with the attribute rows that conditions, orders and groups need. What must hold for
 * every entity is joined, so that the planner may begin with any of the indexes; the rest is probed.
 */
export class EntitySource {
  readonly #dialect: PostgresDialect;
  readonly #rows = new Map<AttributeId, AttributeRow>();
  readonly #conditions: string[];

  constructor(dialect: PostgresDialect, selection: EntitySelection) {
    this.#dialect = dialect;
    this.#conditions = [`e.tenant_id = ${dialect.tenant}`];
    if (selection.type !== null) this.#conditions.push(`e.type = ${dialect.bind(selection.type, 'TEXT')}`);
    for (const filter of conjuncts(selection.filter)) this.#filter(filter);
  }

  /** An attribute's indexed value. Entities that lack a required attribute are left out. */
  value(attribute: AttributeDefinition, presence: 'required' | 'optional'): string {
    const place = attributePlace(attribute);
    if (place.kind === 'row') return `${this.#row(attribute, presence).alias}.${place.column}`;
    const value = `e.${place.column}`;
    if (presence === 'required') this.where(`${value} IS NOT NULL`);
    return value;
  }

  where(condition: string): void {
    this.#conditions.push(condition);
  }

  /** A condition on the entity's id, said of every row: Postgres carries `=` over to joined rows, but not `>`. */
  whereId(condition: (id: string) => string): void {
    this.where(condition('e.entity_id'));
    for (const row of this.#rows.values()) row.conditions.push(condition(`${row.alias}.entity_id`));
  }

  select(columns: string): string {
    return this.#select(columns, [...this.#rows.values()]);
  }

  /**
   * The same, read in the order of one required attribute's index: from there each entity is probed. OFFSET 0 keeps the
   * planner from turning this into a join and a sort, whose cost it estimates an order of magnitude too low.
   * `condition` is on `e`, on the driver's value and id, and on `outerValue`s.
   */
  selectDriven(columns: string, driver: AttributeDefinition, condition: string | null): string {
    const row = this.#row(driver, 'required');
    const others = [...this.#rows.values()].filter((other) => other !== row);
    const outputs = ['e.*', ...others.map((other) => `${valueIn(other)} AS ${other.alias}_value`)];
    const probe = this.#select(outputs.join(', '), others);
    const conditions = [...this.#dialect.rowConditions(driver, row.alias), ...row.conditions];
    if (condition !== null) conditions.push(condition);
    return `SELECT ${columns} FROM atlas.entity_attribute ${row.alias}
CROSS JOIN LATERAL (${probe} AND e.entity_id = ${row.alias}.entity_id OFFSET 0) e
WHERE ${conditions.join(' AND ')}`;
  }

  /** How the value of another row than the driver is called outside of selectDriven's probe. */
  outerValue(attribute: AttributeDefinition): string {
    return `e.${this.#row(attribute, 'optional').alias}_value`;
  }

  /** The entity's id as the driver's index holds it. */
  idBeside(driver: AttributeDefinition): string {
    return `${this.#row(driver, 'required').alias}.entity_id`;
  }

  #select(columns: string, rows: readonly AttributeRow[]): string {
    const joins = rows.map((row) => {
      const conditions = [...this.#dialect.rowConditions(row.attribute, row.alias), ...row.conditions];
      const join = row.optional ? 'LEFT JOIN' : 'JOIN';
      return `\n${join} atlas.entity_attribute ${row.alias} ON ${row.alias}.entity_id = e.entity_id AND ${conditions.join(' AND ')}`;
    });
    return `SELECT ${columns} FROM atlas.entity e${joins.join('')}\nWHERE ${this.#conditions.join(' AND ')}`;
  }

  #filter(filter: EntityFilter): void {
    if (filter.kind === 'exists' && attributePlace(filter.attribute).kind === 'row') {
      this.#row(filter.attribute, 'required');
    } else if (filter.kind === 'attribute' && this.#isJoined(filter.attribute, filter)) {
      const row = this.#row(filter.attribute, 'required');
      const type = indexedType(filter.attribute);
      row.conditions.push(predicateSql(this.#dialect, valueIn(row), type, filter.predicate));
    } else {
      this.where(filterSql(this.#dialect, filter));
    }
  }

  #isJoined(attribute: AttributeDefinition, filter: EntityFilter & { kind: 'attribute' }): boolean {
    return attributePlace(attribute).kind === 'row' && indexedPredicate(attribute, filter.predicate).open === null;
  }

  #row(attribute: AttributeDefinition, presence: 'required' | 'optional'): AttributeRow {
    const known = this.#rows.get(attribute.id);
    if (known !== undefined) {
      if (presence === 'required') known.optional = false;
      return known;
    }
    const alias = `a${this.#rows.size + 1}`;
    const row: AttributeRow = { alias, attribute, conditions: [], optional: presence === 'optional' };
    this.#rows.set(attribute.id, row);
    return row;
  }
}

function valueIn(row: AttributeRow): string {
  return `${row.alias}.${attributePlace(row.attribute).column}`;
}
