import {
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';

/** By field; a document belongs to one schema. */
const known = new WeakMap<FieldNode, number>();

/**
 * How many fields each item of a list has, with those below and itself; infinite if there is a list among them, as its length is not known.
 * Directives are not looked at: they only leave fields out.
 */
export function fieldsOfItem(info: GraphQLResolveInfo): number {
  const [node] = info.fieldNodes;
  if (node === undefined) return Number.POSITIVE_INFINITY;
  let fields = known.get(node);
  if (fields === undefined) {
    const type = getNamedType(info.returnType);
    fields = 1;
    // Fields of the same name are merged.
    for (const { selectionSet } of info.fieldNodes) fields += fieldsOf(selectionSet, type, info);
    known.set(node, fields);
  }
  return fields;
}

function fieldsOf(
  selectionSet: SelectionSetNode | undefined,
  type: GraphQLNamedType | undefined,
  info: GraphQLResolveInfo,
): number {
  let fields = 0;
  for (const selection of selectionSet?.selections ?? []) {
    if (selection.kind === 'Field') {
      fields += fieldsOfField(selection, type, info);
    } else {
      const part = selection.kind === 'FragmentSpread' ? info.fragments[selection.name.value] : selection;
      const condition = part?.typeCondition?.name.value;
      fields += fieldsOf(part?.selectionSet, condition === undefined ? type : info.schema.getType(condition), info);
    }
  }
  return fields;
}

function fieldsOfField(
  { name, selectionSet }: FieldNode,
  type: GraphQLNamedType | undefined,
  info: GraphQLResolveInfo,
): number {
  if (name.value === '__typename') return 1;
  const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name.value] : undefined;
  if (field === undefined || isListType(getNullableType(field.type))) return Number.POSITIVE_INFINITY;
  return 1 + fieldsOf(selectionSet, getNamedType(field.type), info);
}
