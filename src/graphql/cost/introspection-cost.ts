import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getNamedType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import { AtlasError } from '../../domain/errors.ts';
import { overLimit } from '../../domain/over-limit.ts';
import { applicableFields, costOfTypename, type Fragments, type MergedNodes } from './applicable-fields.ts';
import { argument } from './list-size.ts';

type Field = GraphQLField<unknown, unknown>;

/**
 * The number of values that introspection returns. It reads nothing but the schema, so they are counted rather than estimated: a tenant's typed fields make some
 * types much larger than others, and graphql completes introspection in one turn of the event loop. One instance per operation.
 */
export class IntrospectionCost {
  readonly #given: Fragments;
  readonly #limit: number;
  /** By the nodes of the field around them, which determine its type, too. */
  readonly #selected = new Map<MergedNodes, ReadonlyMap<string, MergedNodes>>();
  #values = 0;

  /** @param limit of values; counting ends there. */
  constructor(given: Fragments, limit: number) {
    this.#given = given;
    this.#limit = limit;
  }

  /** @param field `__schema` or `__type`. @throws AtlasError LIMIT_EXCEEDED */
  costOf(field: Field, nodes: MergedNodes): number {
    const before = this.#values;
    this.#count(field, nodes, undefined);
    return this.#values - before;
  }

  #count(field: Field, nodes: MergedNodes, source: unknown): void {
    const type = getNamedType(field.type);
    const value = this.#resolved(field, nodes, source);
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    this.#add(Math.max(1, items.length));
    if (!isObjectType(type)) return;
    for (const item of items) {
      if (item == null) continue;
      for (const inner of this.#fieldsOf(nodes, type).values()) {
        const selected = type.getFields()[inner[0].name.value];
        if (selected !== undefined) this.#count(selected, inner, item);
        else this.#add(costOfTypename(inner[0].alias));
      }
    }
  }

  #add(values: number): void {
    this.#values += values;
    if (this.#values <= this.#limit) return;
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `The request costs more than ${this.#limit}, the limit, for introspection alone. Select fewer types, or fewer fields of each.`,
      { hint: overLimit('Select fewer types, or fewer fields of each', 'ATLAS_MAX_REQUEST_COST') },
    );
  }

  #resolved({ args, resolve }: Field, [node]: MergedNodes, source: unknown): unknown {
    const { schema, variables } = this.#given;
    const given = args.map(({ name, defaultValue }) => [name, argument(node, name, variables) ?? defaultValue]);
    // The resolvers of introspection use nothing else of the request.
    return resolve?.(source, Object.fromEntries(given), undefined, { schema } as GraphQLResolveInfo);
  }

  #fieldsOf(nodes: MergedNodes, type: GraphQLObjectType): ReadonlyMap<string, MergedNodes> {
    const known = this.#selected.get(nodes);
    if (known !== undefined) return known;
    const sets = nodes.flatMap(({ selectionSet }): readonly SelectionSetNode[] => (selectionSet ? [selectionSet] : []));
    const fields = applicableFields(sets, type, this.#given);
    this.#selected.set(nodes, fields);
    return fields;
  }
}
