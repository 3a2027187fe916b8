import {
  type FieldNode,
  GraphQLIncludeDirective,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
  type SelectionNode,
} from 'graphql';

/**
 * The fields that are selected inside some fields, by their names in the schema: through fragments, and without those that
 * @skip and @include exclude. Only for fields whose type is an object type: the type conditions of fragments are ignored,
 * since in a valid query all of them match there.
 */
export function selectedFields(
  inside: readonly FieldNode[],
  info: Pick<GraphQLResolveInfo, 'fragments' | 'variableValues'>,
): ReadonlyMap<string, readonly FieldNode[]> {
  const found = new Map<string, FieldNode[]>();
  // Fragments that spread each other again and again have exponentially many paths, all to the same fields.
  const visited = new Set<string>();
  const visit = (selections: readonly SelectionNode[] = []): void => {
    for (const selection of selections) {
      if (!isIncluded(selection, info)) continue;
      if (selection.kind === 'Field') {
        const name = selection.name.value;
        found.set(name, [...(found.get(name) ?? []), selection]);
      } else if (selection.kind === 'InlineFragment') {
        visit(selection.selectionSet.selections);
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        visit(info.fragments[selection.name.value]?.selectionSet.selections);
      }
    }
  };
  for (const field of inside) visit(field.selectionSet?.selections);
  return found;
}

function isIncluded(selection: SelectionNode, { variableValues }: Pick<GraphQLResolveInfo, 'variableValues'>): boolean {
  const skip = getDirectiveValues(GraphQLSkipDirective, selection, variableValues);
  if (skip?.if === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, selection, variableValues)?.if !== false;
}
