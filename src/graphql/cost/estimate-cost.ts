import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  isListType,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from 'graphql';
import type { CostEstimate, EstimatedList } from '../../resolvers/request-cost.ts';
import {
  applicableFields,
  costOfTypename,
  type Fragments,
  fragmentsOf,
  type MergedNodes,
  SelectionCount,
} from './applicable-fields.ts';
import { IntrospectionCost } from './introspection-cost.ts';
import { argument, fieldSize } from './list-size.ts';
import { type GivenOperation, OperationVariables, PerOperation } from './operation-variables.ts';

/** What the fields that federation adds cost by themselves, by the type around them: attributes may give `Entity` fields of any name. */
const ADDED_FIELDS: ReadonlyMap<string, number> = new Map([
  ['Query._entities', 10],
  ['_Service.sdl', 1_000],
]);

type Field = GraphQLField<unknown, unknown>;
type Sizes = ReadonlyMap<string, number>;

type Annotated = Parameters<typeof getDirectiveValues>[1] | null | undefined;

const NO_SIZES: Sizes = new Map();
const INTROSPECTION_FIELDS: ReadonlySet<Field> = new Set([SchemaMetaFieldDef, TypeMetaFieldDef]);

interface LimitedEstimate extends CostEstimate {
  readonly limit: number;
}

const estimates = new PerOperation<LimitedEstimate>();

/**
 * The cost of an operation before it runs: the sum over its fields of their weight and the number of times that they are
 * resolved. Weights and sizes are those of `@cost` and `@listSize` in the schema (GraphQL Cost Directives,
 * https://ibm.github.io/graphql-specs/cost-spec.html); in contrast to that specification, a field of a scalar type costs 1 by default, too, because each
 * value of a response takes work. Fields that are merged count once. The operation is valid.
 * @param limit of the cost; what introspection costs is counted no further.
 * @throws AtlasError LIMIT_EXCEEDED if introspection alone costs more, or if it selects too many fields to count
 */
export function estimateCost(given: GivenOperation, limit: number): CostEstimate {
  const known = estimates.get(given);
  if (known?.limit === limit) return known;
  const { schema, document, operation } = given;
  const root = schema.getRootType(operation.operation);
  if (root == null) return { total: 0, lists: new Map() };
  const variables = new OperationVariables(given);
  const estimator = new Estimator(
    { schema, fragments: fragmentsOf(document), variables, selections: new SelectionCount() },
    limit,
  );
  const total = estimator.costOf([operation.selectionSet], root, NO_SIZES);
  const estimate = { total, lists: estimator.lists, limit };
  estimates.keep(given, variables, estimate);
  return estimate;
}

class Estimator {
  readonly lists = new Map<FieldNode, EstimatedList>();
  readonly #given: Fragments;
  readonly #introspection: IntrospectionCost;
  #selectedLists = 0;

  constructor(given: Fragments, limit: number) {
    this.#given = given;
    this.#introspection = new IntrospectionCost(given, limit);
  }

  /** @param sizes of the type's fields that the field around it determines. */
  costOf(sets: readonly SelectionSetNode[], type: GraphQLCompositeType, sizes: Sizes): number {
    if (isAbstractType(type)) {
      const possible = this.#given.schema.getPossibleTypes(type);
      return possible.reduce((most, one) => Math.max(most, this.costOf(sets, one, sizes)), 0);
    }
    let total = 0;
    for (const nodes of applicableFields(sets, type, this.#given).values()) {
      const [{ name, alias }] = nodes;
      const field = fieldOf(type, name.value);
      if (field !== null) total += this.#costOfField(`${type.name}.${field.name}`, field, nodes, sizes);
      else total += costOfTypename(alias);
    }
    return total;
  }

  #costOfField(coordinate: string, field: Field, nodes: MergedNodes, sizes: Sizes): number {
    if (INTROSPECTION_FIELDS.has(field)) return this.#introspection.costOf(field, nodes);
    const [node] = nodes;
    const { schema, variables } = this.#given;
    const type = getNamedType(field.type);
    const own = fieldSize(field, node, schema, variables);
    const around = sizes.get(field.name);
    const items = around ?? (own.sizedFields.length > 0 ? 1 : own.items);
    const inner = new Map(own.sizedFields.map((name) => [name, own.items]));
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const listsBefore = this.#selectedLists;
    const costOfItem = isCompositeType(type) ? 1 + this.costOf(sets, type, inner) : 1;
    if (isListType(getNullableType(field.type))) {
      const hasLists = this.#selectedLists > listsBefore;
      const countedItems = around === undefined && own.isAssumed ? items : Number.POSITIVE_INFINITY;
      this.#keepList(node, { countedItems, costOfItem, hasLists });
    }
    const weight = ADDED_FIELDS.get(coordinate) ?? weightOf(field.astNode, schema) ?? 1;
    // Its weight counts once for a field, of which 1 is for its item, or the first of its items.
    return weight - 1 + items * costOfItem + this.#costOfArguments(field, node);
  }

  /** In a fragment, one field can be selected in several places, with other fields beside it: what is kept holds in each of them. */
  #keepList(node: FieldNode, list: EstimatedList): void {
    this.#selectedLists += 1;
    const known = this.lists.get(node) ?? list;
    this.lists.set(node, {
      countedItems: Math.min(known.countedItems, list.countedItems),
      costOfItem: Math.max(known.costOfItem, list.costOfItem),
      hasLists: known.hasLists || list.hasLists,
    });
  }

  #costOfArguments({ args }: Field, node: FieldNode): number {
    const { schema, variables } = this.#given;
    return args.reduce((sum, { name, type, astNode }) => {
      const weight = weightOf(astNode, schema) ?? 0;
      const weighted = weightedMembers(getNamedType(type), schema);
      if (weight === 0 && weighted.length === 0) return sum;
      const given = argument(node, name, variables);
      return sum + weight * Number(given != null) + inputCost(given, weighted);
    }, 0);
  }
}

/** Null: `__typename`. */
function fieldOf(type: GraphQLObjectType, name: string): Field | null {
  for (const field of INTROSPECTION_FIELDS) if (field.name === name) return field;
  return type.getFields()[name] ?? null;
}

/** Of definitions in the schema, which every request asks about again. */
const weights = new WeakMap<NonNullable<Annotated>, number | null>();

function weightOf(node: Annotated, schema: GraphQLSchema): number | null {
  const directive = schema.getDirective('cost');
  if (directive == null || node == null) return null;
  let weight = weights.get(node);
  if (weight === undefined) {
    const given = getDirectiveValues(directive, node)?.weight;
    weight = typeof given === 'number' ? given : null;
    weights.set(node, weight);
  }
  return weight;
}

interface WeightedMember {
  readonly name: string;
  readonly weight: number;
  /** Of the member's own type. */
  readonly members: readonly WeightedMember[];
}

const weightedOfTypes = new WeakMap<GraphQLInputType, readonly WeightedMember[]>();

/** The members of an input type that have a weight. */
function weightedMembers(type: GraphQLInputType, schema: GraphQLSchema): readonly WeightedMember[] {
  if (!isInputObjectType(type)) return [];
  let weighted = weightedOfTypes.get(type);
  if (weighted === undefined) {
    weighted = Object.values(type.getFields()).flatMap((member) => {
      const weight = weightOf(member.astNode, schema);
      if (weight === null) return [];
      return [{ name: member.name, weight, members: weightedMembers(getNamedType(member.type), schema) }];
    });
    weightedOfTypes.set(type, weighted);
  }
  return weighted;
}

/** Each object of the input costs 1, and the weight of a member for each value of the member. */
function inputCost(given: unknown, weighted: readonly WeightedMember[]): number {
  if (weighted.length === 0) return 0;
  const objects = valuesOf(given).filter((value) => typeof value === 'object');
  return objects.length + costOfMembers(objects, weighted);
}

function costOfMembers(objects: readonly unknown[], weighted: readonly WeightedMember[]): number {
  let cost = 0;
  for (const object of objects) {
    for (const { name, weight, members } of weighted) {
      const values = valuesOf((object as Readonly<Record<string, unknown>>)[name]);
      cost += weight * values.length;
      if (members.length > 0) cost += costOfMembers(values, members);
    }
  }
  return cost;
}

/** A single value is coerced to a list of one. */
function valuesOf(given: unknown): readonly unknown[] {
  if (Array.isArray(given)) return given.filter((value) => value != null);
  return given == null ? [] : [given];
}
