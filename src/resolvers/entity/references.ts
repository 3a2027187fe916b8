import { type GraphQLResolveInfo, isObjectType } from 'graphql';
import { attempt, isRight } from '../../domain/attempt.ts';
import { exposedFieldName } from '../../domain/catalog/exposed-field.ts';
import { AtlasError } from '../../domain/errors.ts';
import { parseKeyValue } from '../../domain/external-key.ts';
import { type EntityId, parseEntityId } from '../../domain/identifiers.ts';
import { overLimit } from '../../domain/over-limit.ts';
import { inTurns } from '../../lib/event-loop-turns.ts';
import { readRequirement } from '../freshness/field-freshness.ts';
import type { RequestContext } from '../request-context.ts';
import { type EntityNode, entityNodes } from './entity.ts';
import { KeyedEntity } from './entity-by-key.ts';
import { ATTRIBUTE_KEY, projectedAttributes } from './projected-attributes.ts';

/** JSON that no schema has validated. */
type Representation = Readonly<Record<string, unknown>> | null;

/**
 * The entities that a gateway refers to: `_entities` of the subgraph specification. All representations are checked before any is loaded.
 * @throws AtlasError LIMIT_EXCEEDED, BAD_USER_INPUT for another type
 */
export async function resolveReferences(
  _source: unknown,
  { representations }: { readonly representations: readonly Representation[] },
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<(EntityNode | null | Error)[]> {
  const limit = context.limits.maxRepresentations;
  if (representations.length > limit) {
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `_entities got ${representations.length} representations; the limit is ${limit}.`,
      { hint: overLimit('Send fewer representations at once', 'ATLAS_MAX_REPRESENTATIONS') },
    );
  }
  if (representations.some((representation) => representation?.__typename !== 'Entity')) {
    throw new AtlasError('BAD_USER_INPUT', 'A representation has no valid __typename; expected "Entity".');
  }
  const requirement = await readRequirement({}, context, info);
  const pace = { isQuick: context.cost.isQuick, signal: context.signal };
  const found = await inTurns(representations, (representation) => referred(representation, context, info), pace);
  const valid = found.filter(isRight);
  const keys = valid.flatMap((one) => (typeof one === 'string' ? [] : [one.key]));
  const projection = projectedAttributes(context, info)?.including(keys);
  const ids = valid.map((one) => (typeof one === 'string' ? one : one.id));
  const loaded = (await entityNodes(ids, requirement, context, info, projection)).values();
  return found.map((one) => {
    if (one instanceof AtlasError) return one;
    const node = loaded.next().value ?? null;
    return typeof one === 'string' || node instanceof Error ? node : one.of(node);
  });
}

/** The entity that a representation refers to, or why there is none: the others are still answered. */
function referred(
  representation: Representation,
  context: RequestContext,
  info: GraphQLResolveInfo,
): EntityId | KeyedEntity | AtlasError {
  const { id, type } = representation ?? {};
  return attempt(() => {
    if (typeof id === 'string' || Number.isSafeInteger(id)) return parseEntityId(String(id));
    const keyed = typeof type === 'string' ? byTypedField(representation ?? {}, type, context, info) : null;
    if (keyed !== null) return keyed;
    throw new AtlasError(
      'BAD_USER_INPUT',
      'A representation of Entity has no valid id; expected a string of decimal digits, or the type and its key.',
    );
  });
}

/** By `type` and the typed field of its key, as the `@key`s of the schema say; null if the type has none, or the representation lacks it. */
function byTypedField(
  representation: NonNullable<Representation>,
  type: string,
  { catalog, tenantId }: RequestContext,
  { schema }: GraphQLResolveInfo,
): KeyedEntity | null {
  const key = catalog.keyOfType(type);
  if (key === undefined || catalog.restriction?.hidesId(key.id) === true) return null;
  const fieldName = exposedFieldName(key.key);
  const entity = schema.getType('Entity');
  const field = isObjectType(entity) ? entity.getFields()[fieldName] : undefined;
  if (field?.extensions[ATTRIBUTE_KEY] !== key.key) return null;
  const value = representation[fieldName];
  if (typeof value !== 'string' && !(key.type === 'NUMBER' && typeof value === 'number')) return null;
  return new KeyedEntity(tenantId, type, key, parseKeyValue(key, String(value)));
}
