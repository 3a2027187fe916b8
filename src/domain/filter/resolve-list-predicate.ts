import type { AttributeDefinition } from '../catalog/attribute.ts';
import { ELEMENT_TYPES, type ListType } from '../catalog/list-types.ts';
import { AtlasError } from '../errors.ts';
import type { EntityFilter, Operand } from './filter.ts';
import type { FilterLimits, ListPredicateInput } from './filter-input.ts';
import { resolveOperand, resolveOperands, resolvePredicate } from './resolve-predicate.ts';

const MEMBERS = [
  'contains',
  'containsAny',
  'containsAll',
  'size',
] as const satisfies (keyof ListPredicateInput<ListType>)[];

/**
 * What a predicate on a list requires; all of it must hold. `containsAny` of nothing holds for no list, `containsAll` of nothing for every list.
 * @param subject names the predicate in errors.
 * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED
 */
export function resolveListPredicate<Type extends ListType>(
  subject: string,
  attribute: AttributeDefinition & { readonly type: Type },
  input: ListPredicateInput<Type>,
  limits: FilterLimits,
): EntityFilter[] {
  const { contains, containsAny, containsAll, size } = input;
  if (MEMBERS.every((member) => input[member] == null)) {
    throw new AtlasError('BAD_USER_INPUT', `${subject} has no operator; add one of ${MEMBERS.join(', ')}.`);
  }
  const type = ELEMENT_TYPES[attribute.type];
  const anyOf = (operands: readonly Operand[]): EntityFilter => ({ kind: 'elements', attribute, operands });
  const filters: EntityFilter[] = [];
  if (contains != null) filters.push(anyOf([resolveOperand(subject, type, contains)]));
  if (containsAny != null) {
    const operands = resolveOperands(`${subject}.containsAny`, subject, type, containsAny, limits);
    filters.push(operands.length === 0 ? { kind: 'or', filters: [] } : anyOf(operands));
  }
  if (containsAll != null) {
    const operands = resolveOperands(`${subject}.containsAll`, subject, type, containsAll, limits);
    filters.push(
      ...(operands.length === 0 ? [{ kind: 'exists' as const, attribute }] : operands.map((one) => anyOf([one]))),
    );
  }
  if (size != null) {
    const predicates = resolvePredicate(`${subject}.size`, 'NUMBER', size, limits);
    filters.push(...predicates.map((predicate) => ({ kind: 'attribute' as const, attribute, predicate })));
  }
  return filters;
}
