import { LRUCache } from 'lru-cache';
import { canonicalJson } from '../../lib/canonical-json.ts';
import { compareUtf8 } from '../../lib/compare-utf8.ts';
import type { AttributeDefinition, AttributeId, AttributeValue } from '../catalog/attribute.ts';
import { isListType } from '../catalog/list-types.ts';
import type { WholeEntity } from '../entity.ts';
import type { EntityFilter, Operand, Predicate } from './filter.ts';

/** What a filter is about. */
export type FilteredEntity = Pick<WholeEntity, 'id' | 'createdAt' | 'updatedAt' | 'attributes'>;

/** Whether an entity satisfies a filter, as the engines answer. The conformance suite compares them with this. */
export function matchesFilter(record: FilteredEntity, filter: EntityFilter): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((part) => matchesFilter(record, part));
    case 'or':
      return filter.filters.some((part) => matchesFilter(record, part));
    case 'not':
      return !matchesFilter(record, filter.filter);
    case 'ids':
      return filter.ids.includes(record.id);
    case 'field':
      return satisfies(record[filter.field].getTime(), filter.predicate);
    case 'exists':
      return record.attributes[filter.attribute.id] !== undefined;
    case 'elements': {
      const list = record.attributes[filter.attribute.id];
      if (!Array.isArray(list)) return false;
      const elements = new Set<unknown>(list);
      return filter.operands.some((operand) => elements.has(operand));
    }
    case 'attribute': {
      const value = wholeValue(record, filter.attribute);
      return value !== null && satisfies(value, filter.predicate);
    }
  }
}

/** The value that predicates are about, in the form of an operand: of a list, its size; null if the entity lacks the attribute. */
export function wholeValue(
  { attributes }: Pick<FilteredEntity, 'attributes'>,
  attribute: AttributeDefinition,
): Operand | null {
  const value = attributes[attribute.id];
  if (value === undefined) return null;
  if (attribute.type === 'JSON') return canonicalOf(attributes, attribute.id, value);
  if (isListType(attribute.type) && Array.isArray(value)) return value.length;
  return attribute.type === 'TIMESTAMP' ? Date.parse(String(value)) : (value as Operand);
}

function satisfies(value: Operand, predicate: Predicate): boolean {
  switch (predicate.operator) {
    case 'in':
      return predicate.operands.includes(value);
    case 'startsWith':
      return String(value).startsWith(predicate.operand);
    case 'contains':
      return String(value).includes(predicate.operand);
    case 'eqIgnoreCase':
      return matchesIgnoringCase(`^${literal(predicate.operand)}$`, value);
    case 'startsWithIgnoreCase':
      return matchesIgnoringCase(`^${literal(predicate.operand)}`, value);
    case 'containsIgnoreCase':
      return matchesIgnoringCase(literal(predicate.operand), value);
    case 'eq':
      return compare(value, predicate.operand) === 0;
    case 'ne':
      return compare(value, predicate.operand) !== 0;
    case 'gt':
      return compare(value, predicate.operand) > 0;
    case 'gte':
      return compare(value, predicate.operand) >= 0;
    case 'lt':
      return compare(value, predicate.operand) < 0;
    case 'lte':
      return compare(value, predicate.operand) <= 0;
  }
}

/** A filter may name an attribute many times. */
const canonical = new WeakMap<object, Map<AttributeId, string>>();

function canonicalOf(attributes: FilteredEntity['attributes'], id: AttributeId, value: AttributeValue): string {
  const known = canonical.get(attributes) ?? new Map<AttributeId, string>();
  canonical.set(attributes, known);
  const text = known.get(id) ?? canonicalJson(value);
  known.set(id, text);
  return text;
}

/** JavaScript's expressions compare by simple case folding if they ignore case and know Unicode. */
function matchesIgnoringCase(pattern: string, value: Operand): boolean {
  const known = expressions.get(pattern) ?? new RegExp(pattern, 'iu');
  expressions.set(pattern, known);
  return known.test(String(value));
}

const expressions = new LRUCache<string, RegExp>({ max: 1_000 });

function literal(text: string): string {
  return text.replace(/[.^$*+?()[\]{}|\\/]/g, '\\$&');
}

function compare(a: Operand, b: Operand): number {
  if (typeof a === 'string') return compareUtf8(a, String(b));
  return a < b ? -1 : Number(a > b);
}
