import type { EntitySelection } from '../domain/filter/filter.ts';
import type { FreshnessRequirement } from '../freshness/freshness.ts';
import type { RequestContext } from './request-context.ts';

/** To be called with every answer about a selection, so that a type that does not exist is never silently empty. */
export async function hintUnknownType(
  isEmpty: boolean,
  { type }: Pick<EntitySelection, 'type'>,
  requirement: FreshnessRequirement,
  { typeHints, catalog }: RequestContext,
): Promise<void> {
  if (isEmpty && type !== null) await typeHints.foundNothing(type, requirement, catalog);
}
