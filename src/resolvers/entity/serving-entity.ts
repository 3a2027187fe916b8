import type { GraphQLResolveInfo } from 'graphql';
import type { EntityRecord } from '../../domain/entity.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { FreshnessArguments } from '../../freshness/parse-freshness.ts';
import { exists, type LoadedEntity } from '../../loaders/entity-loader.ts';
import { catchUp } from '../catalog/request-catalog.ts';
import { refinedRequirement } from '../freshness/field-freshness.ts';
import type { RequestContext } from '../request-context.ts';
import { projectedAttributes } from './projected-attributes.ts';

/** Whether the parent's own row serves a field, as it does nearly always. @throws AtlasError BAD_FRESHNESS */
export function servesItself(
  parent: LoadedEntity<EntityRecord>,
  given: { readonly freshness?: FreshnessArguments | null },
  context: RequestContext,
  info: GraphQLResolveInfo,
): boolean {
  const { requested } = parent.freshness;
  if (refinedRequirement(requested, given, context, info) !== null) return false;
  return context.entities.isEnough(parent, requested, projectedAttributes(context, info));
}

/**
 * What a field of an entity returns: `value` of the row that serves it. That is the parent's, unless the field requires fresher data than the
 * parent's read got, or an attribute that was not read because its definition has arrived since. Null if that read finds that the entity no longer exists.
 * `context.catalog` has reached the field's token when `value` is called, and the row has what the field shows by that catalog.
 */
export function fromServingEntity<T>(
  parent: LoadedEntity<EntityRecord>,
  given: { readonly freshness?: FreshnessArguments | null },
  context: RequestContext,
  info: GraphQLResolveInfo,
  value: (entity: EntityRecord | null) => T,
): T | Promise<T> {
  const requirement = refinedRequirement(parent.freshness.requested, given, context, info);
  if (requirement === null) return read(parent, parent.freshness.requested);
  const catchingUp = catchUp(requirement, context);
  return catchingUp === undefined ? read(parent, requirement) : catchingUp.then(() => read(parent, requirement));

  function read(held: LoadedEntity, required: FreshnessRequirement): T | Promise<T> {
    if (!exists(held)) return value(null);
    const loaded = context.entities.atLeast(held, required, projectedAttributes(context, info));
    // Another field may have brought a newer catalog in the meantime.
    return loaded instanceof Promise
      ? loaded.then((fresher) => read(fresher, fresher.freshness.requested))
      : value(loaded.entity);
  }
}
