import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type NameNode,
  type SelectionSetNode,
} from 'graphql';
import { AtlasError } from '../../domain/errors.ts';
import type { OperationVariables } from './operation-variables.ts';

/** Looking at so many takes some milliseconds. */
const MAX_SELECTIONS = 20_000;

/** The fragments that a document defines, by name. */
export function fragmentsOf({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
}

/** Fields with one response name, whose selections are merged. */
export type MergedNodes = readonly [FieldNode, ...FieldNode[]];

/**
 * How many selections are looked at in all. With nested fragments, a short query can select a number of fields that is exponential in its length, and those of an
 * abstract type are looked at for each of its types.
 */
export class SelectionCount {
  #count = 0;

  /** @throws AtlasError LIMIT_EXCEEDED */
  add(): void {
    this.#count += 1;
    if (this.#count <= MAX_SELECTIONS) return;
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `The query selects more than ${MAX_SELECTIONS} fields, counting those of repeated fragments and of each possible type; select fewer.`,
      { hint: 'Select fewer fields.' },
    );
  }
}

export interface Fragments {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: OperationVariables;
  readonly selections: SelectionCount;
}

/**
 * The fields of some selection sets that execution resolves on one object type, by response name, as the specification's
 * CollectFields: without those that @skip and @include exclude, and with fields of the same name together.
 */
export function applicableFields(
  sets: readonly SelectionSetNode[],
  type: GraphQLObjectType,
  given: Fragments,
): ReadonlyMap<string, MergedNodes> {
  const found = new Map<string, [FieldNode, ...FieldNode[]]>();
  const visited = new Set<string>();
  const visit = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      given.selections.add();
      if (!isIncluded(selection.directives, given.variables)) continue;
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        const same = found.get(name);
        if (same === undefined) found.set(name, [selection]);
        else same.push(selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(selection.typeCondition?.name.value, type, given.schema)) visit(selection.selectionSet);
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        const fragment = given.fragments.get(selection.name.value);
        if (fragment && applies(fragment.typeCondition.name.value, type, given.schema)) visit(fragment.selectionSet);
      }
    }
  };
  for (const set of sets) visit(set);
  return found;
}

function applies(condition: string | undefined, type: GraphQLObjectType, schema: GraphQLSchema): boolean {
  if (condition === undefined || condition === type.name) return true;
  const conditional = schema.getType(condition);
  return isAbstractType(conditional) && schema.isSubType(conditional, type);
}

/** Whether @skip and @include leave a selection in. */
export function isIncluded(directives: readonly DirectiveNode[] = [], variables: OperationVariables): boolean {
  return directives.every(({ name, arguments: given }) => {
    if (name.value !== 'skip' && name.value !== 'include') return true;
    const condition = given?.find((argument) => argument.name.value === 'if')?.value;
    const value = condition !== undefined && variables.valueOf(condition);
    return name.value === 'skip' ? value !== true : value !== false;
  });
}

/** Clients add it to whatever they select, so it costs nothing; under names of its own, it may be selected hundreds of times. */
export function costOfTypename(alias: NameNode | undefined): number {
  return alias === undefined ? 0 : 1;
}
