import type { AttributeDefinition } from '../catalog/attribute.ts';
import { fillsIndexedText, indexedText } from '../values/indexed-text.ts';
import type { ComparisonOperator, Operand, Predicate } from './filter.ts';

/** A condition on the indexed value; `fills`: it has the maximum length of an indexed text, so the value may be longer. */
export type IndexedCondition = Predicate | 'fills';

/**
 * A predicate in terms of the indexed value, which for text and JSON is only the beginning of the value. The predicate
 * holds if `settled` holds, or if `open` holds and the whole value satisfies the original predicate.
 */
export interface IndexedPredicate {
  readonly settled: Predicate | null;
  readonly open: IndexedCondition | null;
}

export function indexedPredicate(attribute: AttributeDefinition, predicate: Predicate): IndexedPredicate {
  if (attribute.type !== 'TEXT' && attribute.type !== 'JSON') return { settled: predicate, open: null };
  switch (predicate.operator) {
    case 'in': {
      const short = predicate.operands.filter((operand) => !isLong(operand));
      const long = predicate.operands.filter(isLong).map((operand) => indexedText(String(operand)));
      if (long.length === 0) return { settled: predicate, open: null };
      return {
        settled: short.length === 0 ? null : { operator: 'in', operands: short },
        open: { operator: 'in', operands: long },
      };
    }
    case 'contains':
    case 'containsIgnoreCase':
      return { settled: predicate, open: 'fills' };
    case 'startsWith':
      if (!isLong(predicate.operand)) return { settled: predicate, open: null };
      return { settled: null, open: { operator: 'eq', operand: indexedText(predicate.operand) } };
    case 'eqIgnoreCase':
    case 'startsWithIgnoreCase':
      if (!isLong(predicate.operand)) return { settled: predicate, open: null };
      return { settled: null, open: { operator: 'eqIgnoreCase', operand: indexedText(predicate.operand) } };
    default:
      return isLong(predicate.operand)
        ? comparison(predicate.operator, predicate.operand)
        : { settled: predicate, open: null };
  }
}

/** If the beginnings differ, the comparison is settled; if they are equal, the rest decides. */
function comparison(operator: ComparisonOperator, operand: Operand): IndexedPredicate {
  const beginning = indexedText(String(operand));
  const open: Predicate = { operator: 'eq', operand: beginning };
  if (operator === 'eq') return { settled: null, open };
  const strict = operator === 'gte' ? 'gt' : operator === 'lte' ? 'lt' : operator;
  return { settled: { operator: strict, operand: beginning }, open };
}

function isLong(operand: Operand): boolean {
  return typeof operand === 'string' && fillsIndexedText(operand);
}
