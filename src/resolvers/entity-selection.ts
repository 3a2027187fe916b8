import type { EntitySelection } from '../datasources/entity-reader.ts';
import { checkEntityType } from '../domain/entity-type.ts';
import type { EntityFilterInput } from '../domain/filter/filter-input.ts';
import { resolveFilter } from '../domain/filter/resolve-filter.ts';
import type { RequestContext } from './request-context.ts';

/**
 * The entities that a list or a question of analytics is about.
 * @throws AtlasError ATTRIBUTE_UNKNOWN | ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_NOT_FILTERABLE | BAD_USER_INPUT | LIMIT_EXCEEDED
 */
export function entitySelection(
  { type, filter }: { readonly type?: string | null; readonly filter?: EntityFilterInput | null },
  { tenantId, catalog, limits }: RequestContext,
): EntitySelection {
  if (type != null) checkEntityType(type);
  return { tenantId, type: type ?? null, filter: resolveFilter(filter, catalog, limits.filter) };
}
