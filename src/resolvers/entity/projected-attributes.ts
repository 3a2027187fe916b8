import {
  type FieldNode,
  type GraphQLResolveInfo,
  isObjectType,
  type OperationDefinitionNode,
  valueFromASTUntyped,
  visit,
} from 'graphql';
import type { AttributeDefinition, AttributeId } from '../../domain/catalog/attribute.ts';
import type { EntityStamp } from '../../domain/entity.ts';
import { EntityProjection, MOST_PROJECTED } from '../../domain/entity-projection.ts';
import type { RequestContext } from '../request-context.ts';

type Operation = Pick<GraphQLResolveInfo, 'operation' | 'fragments' | 'variableValues' | 'schema'>;

/**
 * What an operation shows of its entities; undefined: maybe all of their attributes. One projection for all entities of a request, so that they
 * are read together wherever in the query they are. It may include attributes that are shown of none: what @skip and @include exclude, and what other types have
 * fields of the same name for.
 */
export function projectedAttributes(context: RequestContext, info: Operation): EntityProjection | undefined {
  const { projections, catalog } = context;
  if (projections.has(catalog)) return projections.get(catalog);
  const projection = projectionOf(context, info);
  projections.set(catalog, projection);
  return projection;
}

function projectionOf({ catalog }: RequestContext, info: Operation): EntityProjection | undefined {
  const { names, keyed, hasTimes, hasAll } = mentionedFields(info);
  if (hasAll) return undefined;
  const found = new Map<AttributeId, AttributeDefinition>();
  const add = (key: unknown): void => {
    const definition = typeof key === 'string' ? catalog.byKey(key) : undefined;
    if (definition !== undefined) found.set(definition.id, definition);
  };
  for (const { kind, field } of keyed) {
    const value = argument(field, kind, info);
    if (kind === 'key') add(value);
    else if (value == null || (Array.isArray(value) && value.length > MOST_PROJECTED)) return undefined;
    else for (const key of Array.isArray(value) ? value : [value]) add(key);
  }
  const entity = info.schema.getType('Entity');
  const fields = isObjectType(entity) ? entity.getFields() : {};
  for (const name of names) add(fields[name]?.extensions[ATTRIBUTE_KEY]);
  return found.size > MOST_PROJECTED
    ? undefined
    : new EntityProjection([...found.values()], { hasTimes, hasStamp: STAMP.some((name) => names.has(name)) });
}

/** Entity's fields that show its stamp. */
const STAMP = ['version', 'createdAt', 'updatedAt'] as const satisfies readonly (keyof EntityStamp)[];

/** The extension of an exposed attribute's typed field that names the attribute. */
export const ATTRIBUTE_KEY = 'atlasAttributeKey';

/** The value of an argument, not coerced; undefined if it is not given. */
function argument({ arguments: given }: FieldNode, name: string, { variableValues }: Operation): unknown {
  const node = given?.find((one) => one.name.value === name);
  return node === undefined ? undefined : valueFromASTUntyped(node.value, variableValues);
}

interface MentionedFields {
  /** The names of all fields. */
  readonly names: ReadonlySet<string>;
  /** Those that name attributes in an argument. */
  readonly keyed: readonly { readonly kind: 'key' | 'keys'; readonly field: FieldNode }[];
  /** Whether a field may show when an attribute was set. */
  readonly hasTimes: boolean;
  /** Whether a field shows all attributes, whatever the variables are. */
  readonly hasAll: boolean;
}

/** Parsed documents are kept from request to request. */
const known = new WeakMap<OperationDefinitionNode, MentionedFields>();

/** In the operation, and in all fragments of its document. */
function mentionedFields({ operation, fragments }: Operation): MentionedFields {
  const found = known.get(operation);
  if (found !== undefined) return found;
  const names = new Set<string>();
  const keyed: { kind: 'key' | 'keys'; field: FieldNode }[] = [];
  let hasAll = false;
  const Field = (field: FieldNode): void => {
    names.add(field.name.value);
    const takes = (name: string) => field.arguments?.some((given) => given.name.value === name) === true;
    if (takes('key')) keyed.push({ kind: 'key', field });
    if (field.name.value !== 'attributes') return;
    if (takes('keys')) keyed.push({ kind: 'keys', field });
    else hasAll = true;
  };
  for (const part of [operation, ...Object.values(fragments)]) visit(part, { Field });
  const mentioned = { names, keyed, hasAll, hasTimes: names.has('attribute') || names.has('attributes') };
  known.set(operation, mentioned);
  return mentioned;
}
