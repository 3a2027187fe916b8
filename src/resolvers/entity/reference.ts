import type { GraphQLResolveInfo } from 'graphql';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { attributeOf, type EntityRecord } from '../../domain/entity.ts';
import type { EntityId } from '../../domain/identifiers.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { FreshnessArguments } from '../../freshness/parse-freshness.ts';
import { exists, type LoadedEntity } from '../../loaders/entity-loader.ts';
import { refinedRequirement } from '../freshness/field-freshness.ts';
import type { RequestContext } from '../request-context.ts';
import { attributeOfType } from './attribute-of-type.ts';
import { projectedAttributes } from './projected-attributes.ts';
import { fromServingEntity } from './serving-entity.ts';
import { asReference } from './stored-value.ts';

type EntityNode = LoadedEntity<EntityRecord>;

/**
 * The entity that an attribute of another one refers to, as fresh as that one if the field requires nothing else; null if there is none.
 * Those of all entities of a list are loaded in one tick, and so in one statement for each shard.
 * @throws AtlasError ATTRIBUTE_UNKNOWN | ATTRIBUTE_TYPE_MISMATCH, and those of reads
 */
export async function referencedEntity(
  parent: EntityNode,
  key: string,
  given: { readonly freshness?: FreshnessArguments | null },
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<EntityNode | null> {
  const { requested } = parent.freshness;
  const requirement = refinedRequirement(requested, given, context, info) ?? requested;
  return fromServingEntity(parent, given, context, info, (entity) => {
    const definition = attributeOfType(context.catalog, key, 'REFERENCE');
    const stored = entity === null ? undefined : attributeOf(entity, definition.id);
    return stored === undefined ? null : target(definition, asReference(stored), requirement, context, info);
  });
}

async function target(
  { rules: { targetTypes } }: AttributeDefinition,
  id: EntityId,
  requirement: FreshnessRequirement,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<EntityNode | null> {
  const loaded = await context.entities.load(id, requirement, projectedAttributes(context, info));
  return exists(loaded) && targetTypes?.includes(loaded.entity.type) !== false ? loaded : null;
}
