import { type AttributeDefinition, INDEXED_TEXT_LENGTH } from '../../../domain/catalog/attribute.ts';
import { attributePlace } from '../../../domain/catalog/attribute-place.ts';
import { countedType, type ScalarType } from '../../../domain/catalog/list-types.ts';
import type { Operand } from '../../../domain/filter/filter.ts';
import { indexedPredicate } from '../../../domain/filter/indexed-predicate.ts';
import type { EntityId } from '../../../domain/identifiers.ts';
import type { FilterDialect } from '../../sql/filter-sql.ts';
import type { PatternPredicate } from '../../sql/text-pattern.ts';
import type { BoundValues } from './bound-values.ts';
import { textAfterPrefix } from './text-after-prefix.ts';
import { lookupOf, type TextLookup } from './text-lookup.ts';

/** A select of ids as `id`, of which no more than so many are needed; null: all. An id may come more than once. */
export type FoundIds = (most: number | null) => string;

interface TextsQuery {
  readonly attributes: readonly AttributeDefinition[];
  readonly type: string | null;
  readonly lookups: readonly TextLookup[];
  /** Whether texts that go on beyond their indexed beginning may meet the lookups there. */
  readonly orCut: boolean;
}

/** Writes conditions on `atlas.entity e`, all of one tenant. */
export class PostgresDialect implements FilterDialect {
  readonly values: BoundValues;
  /** The placeholder of the tenant's id. */
  readonly tenant: string;

  constructor(values: BoundValues, tenant: string) {
    this.values = values;
    this.tenant = tenant;
  }

  bind(operand: Operand, type: ScalarType): string {
    return this.values.bindOperand(operand, type);
  }

  isOneOf(value: string, operands: readonly Operand[], type: ScalarType): string {
    return `${value} = ANY(${this.values.bindOperands(operands, type)})`;
  }

  idIsOneOf(ids: readonly EntityId[]): string {
    return `e.entity_id = ANY(${this.values.bind(ids, 'bigint[]')})`;
  }

  /** As a range, which an index can serve although the prefix is bound. */
  startsWith(value: string, prefix: string): string {
    const end = textAfterPrefix(prefix);
    const from = `${value} >= ${this.bind(prefix, 'TEXT')}`;
    return end === null ? from : `(${from} AND ${value} < ${this.bind(end, 'TEXT')})`;
  }

  contains(value: string, part: string): string {
    return `strpos(${value}, ${this.bind(part, 'TEXT')}) > 0`;
  }

  matches(value: string, pattern: string): string {
    return `${value} ~ ${this.bind(pattern, 'TEXT')}`;
  }

  fillsIndex(value: string): string {
    return `char_length(${value}) = ${INDEXED_TEXT_LENGTH}`;
  }

  wholeValue(attribute: AttributeDefinition): string {
    return attribute.type === 'JSON'
      ? `(e.attributes -> '${attribute.id}')`
      : `(e.attributes ->> '${attribute.id}') COLLATE "C"`;
  }

  /** At least the entities that satisfy the predicate on an attribute in entity_attribute. Trigrams find them, however many entities the tenant has. */
  idsByText(attribute: AttributeDefinition, predicate: PatternPredicate): FoundIds {
    const orCut = indexedPredicate(attribute, predicate).open === 'fills';
    return this.idsByTexts({ attributes: [attribute], type: null, lookups: [lookupOf(predicate)], orCut });
  }

  /** At least the entities whose texts of some attributes meet all lookups. */
  idsByTexts({ attributes, type, lookups, orCut }: TextsQuery): FoundIds {
    const hot = attributes.map(attributePlace).filter(({ kind }) => kind === 'column');
    let bound: string | null = null;
    const bind = () => {
      const ids = attributes.map(({ id }) => id);
      const columns = hot.map(({ column }) => column);
      const ofType = type === null ? 'NULL' : this.values.bind(type, 'text');
      const asked = this.values.bind(JSON.stringify(lookups), 'jsonb');
      return `${this.values.bind(ids, 'integer[]')}, ${this.values.bind(columns, 'text[]')}, ${ofType}, ${asked}, ${orCut}`;
    };
    // A statement must use what is bound, and not every one looks texts up.
    return (most) => {
      bound ??= bind();
      return `SELECT atlas.entities_by_texts(${bound}, ${most ?? 'NULL'}) AS id`;
    };
  }

  hasRow(attribute: AttributeDefinition, condition: (value: string) => string): string {
    const conditions = [...this.rowConditions(attribute, 'r'), 'r.entity_id = e.entity_id'];
    conditions.push(condition(`r.${attributePlace(attribute).column}`));
    return `EXISTS (SELECT FROM atlas.entity_attribute r WHERE ${conditions.join(' AND ')})`;
  }

  /** @param isOneByOne keeps the planner from making a join of it. */
  hasElement(attribute: AttributeDefinition, operands: readonly Operand[], isOneByOne = false): string {
    const column = elementColumn(attribute);
    const conditions = [...this.rowConditions(attribute, 'r', column), 'r.entity_id = e.entity_id'];
    conditions.push(this.isElement(attribute, `r.${column}`, operands));
    const once = isOneByOne ? ' OFFSET 0' : '';
    return `EXISTS (SELECT FROM atlas.entity_element r WHERE ${conditions.join(' AND ')}${once})`;
  }

  /** A select, as `id`, of the entities whose list has one of the operands; as often as it has them. */
  idsByElement(attribute: AttributeDefinition, operands: readonly Operand[], most: number | null): string {
    const column = elementColumn(attribute);
    const conditions = this.rowConditions(attribute, 'r', column);
    conditions.push(this.isElement(attribute, `r.${column}`, operands), 'r.is_first');
    const limit = most === null ? '' : ` LIMIT ${most}`;
    return `SELECT r.entity_id AS id FROM atlas.entity_element r WHERE ${conditions.join(' AND ')}${limit}`;
  }

  /** Whether an element is one of the operands. */
  isElement(attribute: AttributeDefinition, element: string, operands: readonly Operand[]): string {
    const type = countedType(attribute.type);
    const [only, ...others] = operands;
    return only !== undefined && others.length === 0
      ? `${element} = ${this.bind(only, type)}`
      : this.isOneOf(element, operands, type);
  }

  /** What makes `alias` the attribute's row. The typed indexes are partial: they need the condition IS NOT NULL. */
  rowConditions(
    attribute: AttributeDefinition,
    alias: string,
    column: string = attributePlace(attribute).column,
  ): string[] {
    return [
      `${alias}.tenant_id = ${this.tenant}`,
      `${alias}.attribute_id = ${this.values.bind(attribute.id, 'integer')}`,
      `${alias}.${column} IS NOT NULL`,
    ];
  }

  not(condition: string): string {
    return `(${condition}) IS NOT TRUE`;
  }
}

/** The column of entity_element that holds the elements of an attribute's lists. */
export function elementColumn({ type }: AttributeDefinition): 'value_text' | 'value_number' {
  return countedType(type) === 'NUMBER' ? 'value_number' : 'value_text';
}
