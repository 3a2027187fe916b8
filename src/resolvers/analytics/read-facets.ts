import { facets } from '../../datasources/questions/facets.ts';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { filterableAttribute } from '../../domain/catalog/attribute-lookup.ts';
import { AtlasError } from '../../domain/errors.ts';
import { overLimit } from '../../domain/over-limit.ts';
import { combineReads } from '../../freshness/combine-reads.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { AnalyticsFacetsArgs, ResolversTypes } from '../../generated/resolver-types.ts';
import { forwardSize } from '../../paging/page-window.ts';
import { entitySelection } from '../entity-selection.ts';
import { hintUnknownType } from '../hint-unknown-type.ts';
import type { RequestContext } from '../request-context.ts';

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_*, and those of the reads. */
export async function readFacets(
  given: AnalyticsFacetsArgs,
  requirement: FreshnessRequirement,
  context: RequestContext,
): Promise<ResolversTypes['FacetsResult']> {
  const { targetReads, ...selection } = await entitySelection(given, requirement, context);
  const question = facets({
    ...selection,
    attributes: facetAttributes(given.attributes, context),
    first: forwardSize(given.first, context.limits.maxPageSize),
    maxGroups: context.limits.maxGroups,
  });
  const { data, reads } = await context.reads.ask(question, requirement);
  const isEmpty = data.every(({ missing, distinct }) => missing === 0n && distinct === 0);
  await hintUnknownType(isEmpty, selection, requirement, context);
  return {
    facets: data.map(({ attribute, groups, missing, distinct }) => ({
      attribute: attribute.key,
      values: groups.map(({ group: [value = ''], count }) => ({ value, count })),
      missing,
      distinct: distinct === null ? null : BigInt(distinct),
    })),
    freshness: combineReads([...targetReads, ...reads]),
  };
}

function facetAttributes(keys: readonly string[], { catalog, limits }: RequestContext): AttributeDefinition[] {
  if (keys.length === 0) throw new AtlasError('BAD_USER_INPUT', 'attributes is empty; expected at least one key.');
  if (keys.length > limits.maxFacets) {
    throw new AtlasError('LIMIT_EXCEEDED', `attributes has ${keys.length} keys; the limit is ${limits.maxFacets}.`, {
      hint: overLimit('List fewer keys', 'ATLAS_MAX_FACETS'),
    });
  }
  if (new Set(keys).size < keys.length) throw new AtlasError('BAD_USER_INPUT', 'attributes has a key twice.');
  return keys.map((key) => filterableAttribute(catalog, key));
}
