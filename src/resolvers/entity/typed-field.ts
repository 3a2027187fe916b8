import type { GraphQLResolveInfo } from 'graphql';
import type { AttributeType, AttributeValue } from '../../domain/catalog/attribute.ts';
import type { EntityRecord } from '../../domain/entity.ts';
import type { FreshnessArguments } from '../../freshness/parse-freshness.ts';
import type { JsonValue } from '../../lib/canonical-json.ts';
import type { LoadedEntity } from '../../loaders/entity-loader.ts';
import type { RequestContext } from '../request-context.ts';
import { attributeOfType } from './attribute-of-type.ts';
import { referencedEntity } from './reference.ts';
import { fromServingEntity } from './serving-entity.ts';
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
  const deliver = DELIVER[type] as (value: AttributeValue) => Delivered<Type>;
  const value = (entity: EntityRecord | null): Delivered<Type> | null => {
    const { id } = attributeOfType(context.catalog, key, type);
    const stored = entity?.attributes[id];
    return stored === undefined ? null : deliver(stored);
  };
  return fromServingEntity(parent, given, context, info, value);
}

/** The resolver of an exposed attribute's typed field, which has no arguments; `@freshness` may be on it. */
export function typedFieldResolver(key: string, type: AttributeType) {
  return (parent: LoadedEntity<EntityRecord>, _given: object, context: RequestContext, info: GraphQLResolveInfo) =>
    type === 'REFERENCE'
      ? referencedEntity(parent, key, {}, context, info)
      : typedValue(parent, key, type, {}, context, info);
}
