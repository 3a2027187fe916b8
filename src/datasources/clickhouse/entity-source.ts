import type { AttributeDefinition, AttributeId } from '../../domain/catalog/attribute.ts';
import { attributePlace } from '../../domain/catalog/attribute-place.ts';
import { isListType } from '../../domain/catalog/list-types.ts';
import type { EntitySelection } from '../../domain/filter/filter.ts';
import { filterSql } from '../sql/filter-sql.ts';
import type { ClickHouseDialect } from './clickhouse-dialect.ts';
import type { CopyConditions } from './read-copies.ts';

/**
 * simdjson refuses documents with integers beyond 64 bits, which jsonb can contain; the other parser accepts them. Numbers are
 * read from text exactly, and every table has one snapshot for the whole statement, however often it is read. Without the last
 * setting, FINAL would read every copy, because ClickHouse skips none before it.
 */
const SETTINGS = `SETTINGS allow_simdjson = 0, precise_float_parsing = 1, enable_shared_storage_snapshot_in_query = 1,
  do_not_merge_across_partitions_select_final = 1`;

/** The selected entities `e` in their current state, joined with the attribute rows that orders and groups need. */
export class EntitySource {
  readonly #dialect: ClickHouseDialect;
  readonly #copies: CopyConditions;
  readonly #joins = new Map<AttributeId, { alias: string; sql: string }>();
  readonly #wholes = new Map<AttributeId, string>();
  readonly #takenForWhole: AttributeId[] = [];
  readonly #conditions: string[];

  constructor(dialect: ClickHouseDialect, copies: CopyConditions, selection: EntitySelection) {
    this.#dialect = dialect;
    this.#copies = copies;
    this.#conditions = [
      `e.tenant_id = ${dialect.tenant}`,
      copies.isRead('e.copy_id'),
      copies.isAsked('e.entity_id'),
      filterSql(dialect, selection.filter),
    ];
    if (selection.type !== null) this.where(`e.type = ${dialect.bind(selection.type, 'TEXT')}`);
  }

  /**
   * An attribute's indexed value. Entities that lack a required attribute are left out. Of a list, each element: an entity is there as many times as
   * its list has elements.
   */
  value(attribute: AttributeDefinition, presence: 'required' | 'optional'): string {
    if (isListType(attribute.type)) return `${this.#joined(attribute, 'required')}.element`;
    const place = attributePlace(attribute);
    const value =
      place.kind === 'column' ? `e.${place.column}` : `${this.#joined(attribute, presence)}.${place.column}`;
    if (presence === 'required') this.where(`${value} IS NOT NULL`);
    return value;
  }

  /**
   * The indexed value of an attribute that is neither hot nor a list. Entities for which the condition on it does not hold are left out, before anything
   * is joined.
   */
  valueWhere(attribute: AttributeDefinition, condition: (value: string) => string): string {
    this.where(this.#dialect.hasRow(attribute, condition));
    return `${this.#joined(attribute, 'required', condition)}.${attributePlace(attribute).column}`;
  }

  /** An attribute's whole value, as text if it is JSON. Entities that lack a required attribute are left out. */
  wholeValue(attribute: AttributeDefinition, presence: 'required' | 'optional'): string {
    const value = this.value(attribute, presence);
    if (attribute.type !== 'TEXT' && attribute.type !== 'JSON') return value;
    if (this.#copies.haveWholeTexts) {
      this.#takenForWhole.push(attribute.id);
      return value;
    }
    const alias = `w${attribute.id}`;
    const cut = this.#dialect.rows.cut(attribute, this.#dialect.wholeValue(attribute));
    this.#wholes.set(attribute.id, `\nLEFT JOIN (${cut}) AS ${alias} ON ${alias}.entity_id = e.entity_id`);
    const whole = `ifNull(${alias}.whole, ${value})`;
    // Of an entity without the attribute, the whole value would be an empty text.
    return presence === 'required' ? whole : `if(isNull(${value}), NULL, ${whole})`;
  }

  /** The attributes whose texts are selected as they are indexed, since none is taken to go on. */
  get takenForWhole(): readonly AttributeId[] {
    return this.#takenForWhole;
  }

  where(condition: string): void {
    this.#conditions.push(condition);
  }

  /** Other entities of the same copies, for a subquery. */
  other(selection: EntitySelection): EntitySource {
    return new EntitySource(this.#dialect, this.#copies, selection);
  }

  /** The statement. `rest` is what follows WHERE. */
  select(columns: string, rest = ''): string {
    const query = this.subquery(columns, rest);
    return `${this.#dialect.rows.common}${query} ${SETTINGS}`;
  }

  subquery(columns: string, rest: string): string {
    const joins = [...[...this.#joins.values()].map(({ sql }) => sql), ...this.#wholes.values()];
    return `SELECT ${columns} FROM entity AS e FINAL${joins.join('')}
WHERE ${this.#conditions.join(' AND ')} ${rest}`;
  }

  #joined(
    attribute: AttributeDefinition,
    presence: 'required' | 'optional',
    condition?: (value: string) => string,
  ): string {
    const known = this.#joins.get(attribute.id);
    if (known !== undefined) return known.alias;
    const alias = `a${this.#joins.size + 1}`;
    const join = presence === 'required' ? 'INNER JOIN' : 'LEFT JOIN';
    this.#joins.set(attribute.id, {
      alias,
      sql: `\n${join} (${this.#dialect.rows.values(attribute, condition)}) AS ${alias} ON ${alias}.entity_id = e.entity_id`,
    });
    return alias;
  }
}
