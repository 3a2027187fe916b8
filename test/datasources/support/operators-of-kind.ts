import { OPERATOR_NAMES, OPERATORS, type Operator, type OperatorOfKind } from '../../../src/domain/filter/operators.ts';

/** From the table itself, so that no test forgets an operator. */
export function operatorsOfKind<Kind extends (typeof OPERATORS)[Operator]['kind']>(kind: Kind): OperatorOfKind<Kind>[] {
  return OPERATOR_NAMES.filter((name): name is OperatorOfKind<Kind> => OPERATORS[name].kind === kind);
}
