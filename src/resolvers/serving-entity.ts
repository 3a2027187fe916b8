import type { GraphQLResolveInfo } from 'graphql';
import type { EntityRecord } from '../domain/entity.ts';
import type { FreshnessArguments } from '../freshness/parse-freshness.ts';
import type { EntityNode } from './entity-node.ts';
import { refinedRequirement } from './field-freshness.ts';
import type { RequestContext } from './request-context.ts';

/**
 * The row that serves a field of an entity: the one that was read with it, unless the field itself asks for fresher data
 * than that read got. Null where the fresher read finds that the entity is gone.
 */
export function servingEntity(
  parent: EntityNode,
  given: { readonly freshness?: FreshnessArguments | null },
  context: RequestContext,
  info: GraphQLResolveInfo,
): EntityRecord | null | Promise<EntityRecord | null> {
  const requirement = refinedRequirement(parent.freshness.requested, given, context, info);
  if (requirement === null) return parent.entity;
  const loaded = context.entities.atLeast(parent, requirement);
  return loaded instanceof Promise ? loaded.then(({ entity }) => entity) : loaded.entity;
}
