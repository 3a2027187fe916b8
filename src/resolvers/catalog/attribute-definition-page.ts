import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { checkEntityType } from '../../domain/entity-type.ts';
import { AtlasError } from '../../domain/errors.ts';
import { overLimit } from '../../domain/over-limit.ts';
import type { AttributeDefinitionFilter, QueryAttributeDefinitionsArgs } from '../../generated/resolver-types.ts';
import { type KeyPage, keyPage } from '../../paging/key-page.ts';
import { forwardSize } from '../../paging/page-window.ts';
import type { RequestContext } from '../request-context.ts';

/**
 * A page in key order of the request's view of the catalog.
 * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED
 */
export function attributeDefinitionPage(
  { filter, first, after }: QueryAttributeDefinitionsArgs,
  { catalog, tenantId, limits, tokenScope }: RequestContext,
): KeyPage<AttributeDefinition> {
  const size = forwardSize(first, limits.maxPageSize);
  const listed = filter?.keys?.length ?? 0;
  const limit = limits.maxBatchIds;
  if (listed > limit) {
    throw new AtlasError('LIMIT_EXCEEDED', `The filter lists ${listed} keys; the limit is ${limit}.`, {
      hint: overLimit('List fewer keys', 'ATLAS_MAX_BATCH_IDS'),
    });
  }
  if (filter?.entityType != null) checkEntityType(filter.entityType);
  const listable = filter?.retired ? catalog.retired() : catalog.all();
  const matching = listable.filter((definition) => filter == null || matches(definition, filter));
  return keyPage(matching, size, after ?? null, { tenantId, signingKey: tokenScope.key });
}

function matches(definition: AttributeDefinition, filter: AttributeDefinitionFilter): boolean {
  const { key, type, entityTypes, filterable, exposed, hotColumn } = definition;
  return (
    (filter.keys?.includes(key) ?? true) &&
    (filter.keyStartsWith == null || key.startsWith(filter.keyStartsWith)) &&
    (filter.types?.includes(type) ?? true) &&
    (filter.entityType == null || entityTypes.length === 0 || entityTypes.includes(filter.entityType)) &&
    (filter.filterable ?? filterable) === filterable &&
    (filter.exposed ?? exposed) === exposed &&
    (filter.hot ?? hotColumn !== null) === (hotColumn !== null)
  );
}
