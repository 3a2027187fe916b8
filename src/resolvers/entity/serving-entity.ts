import type { GraphQLResolveInfo } from 'graphql';
import type { EntityRecord } from '../../domain/entity.ts';
import type { FreshnessArguments } from '../../freshness/parse-freshness.ts';
import type { LoadedEntity } from '../../loaders/entity-loader.ts';
import { catchUp } from '../catalog/request-catalog.ts';
import { refinedRequirement } from '../freshness/field-freshness.ts';
import type { RequestContext } from '../request-context.ts';

/**
 * The row that serves a field of an entity: the parent's, unless the field requires fresher data than the parent's read got.
 * Null if the fresher read finds that the entity no longer exists. `context.catalog` has reached the field's token on return,
 * so use that only afterwards.
 */
export function servingEntity(
  parent: LoadedEntity<EntityRecord>,
  given: { readonly freshness?: FreshnessArguments | null },
  context: RequestContext,
  info: GraphQLResolveInfo,
): EntityRecord | null | Promise<EntityRecord | null> {
  const requirement = refinedRequirement(parent.freshness.requested, given, context, info);
  if (requirement === null) return parent.entity;
  const catchingUp = catchUp(requirement, context);
  if (catchingUp !== undefined) {
    return catchingUp.then(async () => (await context.entities.atLeast(parent, requirement)).entity);
  }
  const loaded = context.entities.atLeast(parent, requirement);
  return loaded instanceof Promise ? loaded.then(({ entity }) => entity) : loaded.entity;
}
