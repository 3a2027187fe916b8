import {
  type ConstDirectiveNode,
  type GraphQLCompositeType,
  type GraphQLField,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import { roleOfScope } from '../../domain/roles.ts';
import { fragmentsOf, isIncluded } from '../cost/applicable-fields.ts';
import { type GivenOperation, OperationVariables, PerOperation } from '../cost/operation-variables.ts';

/** One of these sets of roles, in whole. */
export type Alternatives = readonly (readonly string[])[];

/** The directives of federation that name roles, and the argument with the names. */
const ROLE_ARGUMENTS: Readonly<Record<string, string>> = { requiresScopes: 'scopes', policy: 'policies' };

const requirements = new PerOperation<readonly Alternatives[]>();

/**
 * What `@requiresScopes` and `@policy` in the schema require for the fields that an operation selects and for the types of their
 * values: all elements of the result. Fields that @skip and @include exclude do not count. (`@authenticated` requires no role; every
 * request that gets here is authenticated, except for the SDL.)
 */
export function requiredRoles(given: GivenOperation): readonly Alternatives[] {
  const known = requirements.get(given);
  if (known !== undefined) return known;
  const { schema, document, operation } = given;
  const variables = new OperationVariables(given);
  const found = new Set<Alternatives>();
  const visited = new Set<string>();
  const fragments = fragmentsOf(document);
  const require = (directives: readonly ConstDirectiveNode[] = []): void => {
    for (const directive of directives) {
      const alternatives = alternativesOf(directive);
      if (alternatives !== null) found.add(alternatives);
    }
  };
  const visitField = (field: GraphQLField<unknown, unknown>, inside: SelectionSetNode | undefined): void => {
    require(field.astNode?.directives);
    const type = getNamedType(field.type);
    const values = isAbstractType(type) ? [type, ...schema.getPossibleTypes(type)] : [type];
    for (const { astNode } of values) require(astNode?.directives);
    if (isCompositeType(type)) visit(inside, type);
  };
  const visit = (set: SelectionSetNode | undefined, type: GraphQLCompositeType): void => {
    for (const selection of set?.selections ?? []) {
      if (!isIncluded(selection.directives, variables)) continue;
      if (selection.kind === Kind.FIELD) {
        const field = 'getFields' in type ? type.getFields()[selection.name.value] : undefined;
        if (field !== undefined) visitField(field, selection.selectionSet);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        visit(selection.selectionSet, conditional(selection.typeCondition?.name.value) ?? type);
      } else if (!visited.has(selection.name.value)) {
        // Once is enough: its fields are those of its own type, wherever it is spread.
        visited.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        visit(fragment?.selectionSet, conditional(fragment?.typeCondition.name.value) ?? type);
      }
    }
  };
  const conditional = (name: string | undefined): GraphQLCompositeType | null => {
    const type = name === undefined ? undefined : schema.getType(name);
    if (!isCompositeType(type)) return null;
    if (isObjectType(type)) require(type.astNode?.directives);
    return type;
  };
  const root = schema.getRootType(operation.operation);
  if (root != null) visit(operation.selectionSet, root);
  const required = [...found];
  requirements.keep(given, variables, required);
  return required;
}

/** Directives of the schema, which every request asks about again. */
const known = new WeakMap<ConstDirectiveNode, Alternatives | null>();

/** Null if it names no roles; the same object each time. */
function alternativesOf(directive: ConstDirectiveNode): Alternatives | null {
  let alternatives = known.get(directive);
  if (alternatives === undefined) {
    alternatives = parse(directive);
    known.set(directive, alternatives);
  }
  return alternatives;
}

function parse({ name, arguments: given }: ConstDirectiveNode): Alternatives | null {
  const argument = ROLE_ARGUMENTS[name.value];
  const value = argument && given?.find((one) => one.name.value === argument)?.value;
  if (!value) return null;
  return (valueFromASTUntyped(value) as string[][]).map((names) => names.map(roleOfScope));
}
