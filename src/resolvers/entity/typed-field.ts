import type { GraphQLResolveInfo } from 'graphql';
import type { AttributeType, AttributeValue } from '../../domain/catalog/attribute.ts';
import { attributeOf, type EntityRecord } from '../../domain/entity.ts';
import type { FreshnessArguments } from '../../freshness/parse-freshness.ts';
import type { JsonValue } from '../../lib/canonical-json.ts';
import type { LoadedEntity } from '../../loaders/entity-loader.ts';
import type { RequestContext } from '../request-context.ts';
import { attributeOfType } from './attribute-of-type.ts';
import { referencedEntity } from './reference.ts';
import { fromServingEntity, servesItself } from './serving-entity.ts';
import { asBoolean, asNumber, asNumberList, asText, asTextList, asTimestamp } from './stored-value.ts';

interface FieldArguments {
  readonly freshness?: FreshnessArguments | null;
}

/** References are read by resolvers of their own; see reference.ts. */
type ValueType = Exclude<AttributeType, 'REFERENCE'>;

/** Converts a stored value to what the field of its type returns. */
const DELIVER = {
  TEXT: asText,
  NUMBER: asNumber,
  BOOLEAN: asBoolean,
  TIMESTAMP: asTimestamp,
  JSON: (value: AttributeValue): JsonValue => value,
  TEXT_LIST: asTextList,
  NUMBER_LIST: asNumberList,
} as const satisfies Record<ValueType, (value: AttributeValue) => unknown>;

type Delivered<Type extends ValueType> = ReturnType<(typeof DELIVER)[Type]>;

/**
 * The value of one attribute, which must have this type; null if the entity does not have it.
 * @throws AtlasError ATTRIBUTE_UNKNOWN | ATTRIBUTE_TYPE_MISMATCH
 */
export function typedValue<Type extends ValueType>(
  parent: LoadedEntity<EntityRecord>,
  key: string,
  type: Type,
  given: FieldArguments,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Delivered<Type> | null | Promise<Delivered<Type> | null> {
  // A list asks for each field of each entity. What follows makes closures, even if it is not reached in the same function.
  if (servesItself(parent, given, context, info)) return storedIn(parent.entity, key, type, context);
  return typedValueElsewhere(parent, key, type, given, context, info);
}

function typedValueElsewhere<Type extends ValueType>(
  ...[parent, key, type, given, context, info]: Parameters<typeof typedValue<Type>>
): ReturnType<typeof typedValue<Type>> {
  return fromServingEntity(parent, given, context, info, (entity) => storedIn(entity, key, type, context));
}

function storedIn<Type extends ValueType>(
  entity: EntityRecord | null,
  key: string,
  type: Type,
  { catalog }: RequestContext,
): Delivered<Type> | null {
  const { id } = attributeOfType(catalog, key, type);
  const stored = entity === null ? undefined : attributeOf(entity, id);
  const deliver = DELIVER[type] as (value: AttributeValue) => Delivered<Type>;
  return stored === undefined ? null : deliver(stored);
}

/** The resolver of an exposed attribute's typed field, which has no arguments; `@freshness` may be on it. */
export function typedFieldResolver(key: string, type: AttributeType) {
  return (parent: LoadedEntity<EntityRecord>, _given: object, context: RequestContext, info: GraphQLResolveInfo) =>
    type === 'REFERENCE'
      ? referencedEntity(parent, key, {}, context, info)
      : typedValue(parent, key, type, {}, context, info);
}
