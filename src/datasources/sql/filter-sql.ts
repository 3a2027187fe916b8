import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { attributePlace, indexedType } from '../../domain/catalog/attribute-place.ts';
import type { ScalarType } from '../../domain/catalog/list-types.ts';
import type { ComparisonOperator, EntityFilter, Operand, Predicate } from '../../domain/filter/filter.ts';
import { type IndexedCondition, indexedPredicate } from '../../domain/filter/indexed-predicate.ts';
import type { EntityId } from '../../domain/identifiers.ts';
import { patternOf } from './text-pattern.ts';

/**
 * What the engines write differently. The entity row is called `e`. A condition may be null instead of false: AND and OR
 * keep that meaning, and `not` must.
 */
export interface FilterDialect {
  bind(operand: Operand, type: ScalarType): string;
  isOneOf(value: string, operands: readonly Operand[], type: ScalarType): string;
  idIsOneOf(ids: readonly EntityId[]): string;
  startsWith(value: string, prefix: string): string;
  contains(value: string, part: string): string;
  /** Whether a part of the text matches the regular expression; see textPattern. */
  matches(value: string, pattern: string): string;
  /** Whether an indexed text has as many code points as it can have. */
  fillsIndex(value: string): string;
  /** The whole value of a text or JSON attribute, comparable with the result of `bind` for that type. */
  wholeValue(attribute: AttributeDefinition): string;
  /** Whether the entity has a row of entity_attribute whose indexed value satisfies the condition. */
  hasRow(attribute: AttributeDefinition, condition: (value: string) => string): string;
  /** Whether one of the operands is an element of the entity's list. */
  hasElement(attribute: AttributeDefinition, operands: readonly Operand[]): string;
  /** True if the condition is false or null. */
  not(condition: string): string;
}

const COMPARISONS: Readonly<Record<ComparisonOperator, string>> = {
  eq: '=',
  ne: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
};

/** The moments of the entity row `e`. */
export const FIELD_COLUMNS = { createdAt: 'e.created_at', updatedAt: 'e.updated_at' } as const;

/** The filters that must all hold for this one to hold. */
export function conjuncts(filter: EntityFilter): readonly EntityFilter[] {
  return filter.kind === 'and' ? filter.filters.flatMap(conjuncts) : [filter];
}

/** Whether every entity that passes the filter is certain to have the attribute. */
export function impliesPresence(filter: EntityFilter, attribute: AttributeDefinition): boolean {
  return conjuncts(filter).some(
    (part) => (part.kind === 'attribute' || part.kind === 'exists') && part.attribute.id === attribute.id,
  );
}

/** The filter as a condition on the entity row `e`. */
export function filterSql(dialect: FilterDialect, filter: EntityFilter): string {
  switch (filter.kind) {
    case 'and':
      return filter.filters.length === 0 ? 'true' : nested(dialect, filter.filters, ' AND ');
    case 'or':
      return filter.filters.length === 0 ? 'false' : nested(dialect, filter.filters, ' OR ');
    case 'not':
      return dialect.not(filterSql(dialect, filter.filter));
    case 'ids':
      return filter.ids.length === 0 ? 'false' : dialect.idIsOneOf(filter.ids);
    case 'field':
      return predicateSql(dialect, FIELD_COLUMNS[filter.field], 'TIMESTAMP', filter.predicate);
    case 'attribute':
      return attributeSql(dialect, filter.attribute, filter.predicate);
    case 'exists':
      return onIndexedValue(dialect, filter.attribute, (value) => `${value} IS NOT NULL`);
    case 'elements':
      return dialect.hasElement(filter.attribute, filter.operands);
  }
}

/** The predicate as a condition on a value of the given type. */
export function predicateSql(dialect: FilterDialect, value: string, type: ScalarType, predicate: Predicate): string {
  switch (predicate.operator) {
    case 'in':
      return predicate.operands.length === 0 ? 'false' : dialect.isOneOf(value, predicate.operands, type);
    case 'startsWith':
      return dialect.startsWith(value, predicate.operand);
    case 'contains':
      return dialect.contains(value, predicate.operand);
    case 'eqIgnoreCase':
    case 'startsWithIgnoreCase':
    case 'containsIgnoreCase':
      return dialect.matches(value, patternOf({ operator: predicate.operator, operand: predicate.operand }));
    default:
      return `${value} ${COMPARISONS[predicate.operator]} ${dialect.bind(predicate.operand, type)}`;
  }
}

function nested(dialect: FilterDialect, filters: readonly EntityFilter[], separator: string): string {
  return `(${filters.map((filter) => filterSql(dialect, filter)).join(separator)})`;
}

function attributeSql(dialect: FilterDialect, attribute: AttributeDefinition, predicate: Predicate): string {
  const { settled, open } = indexedPredicate(attribute, predicate);
  const indexed = (condition: IndexedCondition) =>
    onIndexedValue(dialect, attribute, (value) =>
      condition === 'fills'
        ? dialect.fillsIndex(value)
        : predicateSql(dialect, value, indexedType(attribute), condition),
    );
  const alternatives: string[] = [];
  if (settled !== null) alternatives.push(indexed(settled));
  if (open !== null) {
    const whole = predicateSql(dialect, dialect.wholeValue(attribute), wholeType(attribute), predicate);
    alternatives.push(`(${indexed(open)} AND ${whole})`);
  }
  return alternatives.length === 1 ? alternatives.join('') : `(${alternatives.join(' OR ')})`;
}

/** Of a value that its index may cut. */
export function wholeType({ type }: AttributeDefinition): ScalarType {
  return type === 'JSON' ? 'JSON' : 'TEXT';
}

function onIndexedValue(
  dialect: FilterDialect,
  attribute: AttributeDefinition,
  condition: (value: string) => string,
): string {
  const place = attributePlace(attribute);
  return place.kind === 'column' ? condition(`e.${place.column}`) : dialect.hasRow(attribute, condition);
}
