import {
  type FieldDefinitionNode,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLSchema,
  getDirectiveValues,
  getNullableType,
  isListType,
  isRequiredArgument,
  type ValueNode,
} from 'graphql';
import type { OperationVariables } from './operation-variables.ts';

/** What `@listSize` says of a field. */
interface ListSize {
  readonly assumedSize?: number | null;
  readonly slicingArguments?: readonly string[] | null;
  readonly sizedFields?: readonly string[] | null;
}

export interface FieldSize {
  /** Items of each sized list. */
  readonly items: number;
  /** Whether the request does not bound the number of items, so that there may be more. */
  readonly isAssumed: boolean;
  /** The fields of the field's type that are the lists; empty if the field is the list itself. */
  readonly sizedFields: readonly string[];
}

/** Federation gives `_entities` no directive. */
const REPRESENTATIONS: ListSize = { assumedSize: 100 };

/**
 * How many items a field returns, by its `@listSize`: the largest of its slicing arguments; without those, the length of the list
 * that it requires as an argument; otherwise the assumed size, or the length of an optional list if that is smaller. A list without a directive
 * has one item.
 */
export function fieldSize(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  schema: GraphQLSchema,
  variables: OperationVariables,
): FieldSize {
  const size = field.name === '_entities' ? REPRESENTATIONS : listSizeOf(field, schema);
  if (size === null) return { items: 1, isAssumed: false, sizedFields: [] };
  const sizedFields = size.sizedFields ?? [];
  const known = size.slicingArguments?.length
    ? slice(size.slicingArguments, field, node, variables)
    : longestList(field.args.filter(isRequiredArgument), node, variables);
  if (known !== null) return { items: Math.max(0, known), isAssumed: false, sizedFields };
  const assumed = size.assumedSize ?? 1;
  return {
    items: Math.min(assumed, longestList(field.args, node, variables) ?? assumed),
    isAssumed: true,
    sizedFields,
  };
}

/** Of fields in the schema, which every request asks about again. */
const listSizes = new WeakMap<FieldDefinitionNode, ListSize | null>();

function listSizeOf({ astNode }: GraphQLField<unknown, unknown>, schema: GraphQLSchema): ListSize | null {
  const directive = schema.getDirective('listSize') ?? schema.getDirective('federation__listSize');
  if (directive == null || astNode == null) return null;
  let size = listSizes.get(astNode);
  if (size === undefined) {
    size = (getDirectiveValues(directive, astNode) as ListSize | undefined) ?? null;
    listSizes.set(astNode, size);
  }
  return size;
}

/** The largest slicing argument that the request gives; if it gives none, the largest default. */
function slice(
  names: readonly string[],
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: OperationVariables,
): number | null {
  const given = names.map((name) => argument(node, name, variables)).filter(isNumber);
  if (given.length > 0) return Math.max(...given);
  const defaults = field.args.filter(({ name }) => names.includes(name)).map(({ defaultValue }) => defaultValue);
  return defaults.filter(isNumber).reduce<number | null>((most, value) => Math.max(most ?? 0, value), null);
}

/** The length of the longest list that the request gives; null if it gives none. */
function longestList(args: readonly GraphQLArgument[], node: FieldNode, variables: OperationVariables): number | null {
  let longest: number | null = null;
  for (const { name, type } of args) {
    if (!isListType(getNullableType(type))) continue;
    const value = argument(node, name, variables);
    if (value == null) continue;
    // A single value is coerced to a list of one.
    longest = Math.max(longest ?? 0, Array.isArray(value) ? value.length : 1);
  }
  return longest;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** The value of an argument before coercion; undefined if it is not given. */
export function argument(node: FieldNode, name: string, variables: OperationVariables): unknown {
  const value: ValueNode | undefined = node.arguments?.find((one) => one.name.value === name)?.value;
  return value === undefined ? undefined : variables.valueOf(value);
}
