import type { GraphQLResolveInfo } from 'graphql';
import type { AttributeValue } from '../../domain/catalog/attribute.ts';
import { type UniqueAttribute, uniqueAttribute } from '../../domain/catalog/unique-attribute.ts';
import { attributeOf } from '../../domain/entity.ts';
import { derivedId, parseKeyValue } from '../../domain/external-key.ts';
import type { EntityId, TenantId } from '../../domain/identifiers.ts';
import type { QueryEntityByKeyArgs } from '../../generated/resolver-types.ts';
import { readRequirement } from '../freshness/field-freshness.ts';
import type { RequestContext } from '../request-context.ts';
import { type EntityNode, entityNode } from './entity.ts';
import { projectedAttributes } from './projected-attributes.ts';

/** Where the entity with a key is, if there is one. */
export class KeyedEntity {
  readonly id: EntityId;

  constructor(
    tenantId: TenantId,
    readonly type: string,
    readonly key: UniqueAttribute,
    readonly value: AttributeValue,
  ) {
    this.id = derivedId(tenantId, type, key, value);
  }

  /** The entity that was read, if it is the one: the entity with this id may have another key, or none. It was read with its key. */
  of(node: EntityNode | null): EntityNode | null {
    return node?.entity.type === this.type && attributeOf(node.entity, this.key.id) === this.value ? node : null;
  }
}

/** @throws AtlasError ATTRIBUTE_UNKNOWN | BAD_USER_INPUT | ATTRIBUTE_INVALID, and those of reads */
export async function entityByKey(
  given: QueryEntityByKeyArgs,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<EntityNode | null> {
  const requirement = await readRequirement(given, context, info);
  const key = uniqueAttribute(context.catalog, given.type, given.key);
  const keyed = new KeyedEntity(context.tenantId, given.type, key, parseKeyValue(key, given.value));
  // The argument `key` names the attribute, so that it is projected.
  return keyed.of(entityNode(await context.entities.load(keyed.id, requirement, projectedAttributes(context, info))));
}
