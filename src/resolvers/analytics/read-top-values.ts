import { groupCounts } from '../../datasources/questions/group-counts.ts';
import { filterableAttribute } from '../../domain/catalog/attribute-lookup.ts';
import { combineReads } from '../../freshness/combine-reads.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { AnalyticsTopValuesArgs, ResolversTypes } from '../../generated/resolver-types.ts';
import { forwardSize } from '../../paging/page-window.ts';
import { entitySelection } from '../entity-selection.ts';
import { hintUnknownType } from '../hint-unknown-type.ts';
import type { RequestContext } from '../request-context.ts';

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_*, and those of the reads. */
export async function readTopValues(
  given: AnalyticsTopValuesArgs,
  requirement: FreshnessRequirement,
  context: RequestContext,
): Promise<ResolversTypes['TopValuesResult']> {
  const { targetReads, ...selection } = await entitySelection(given, requirement, context);
  const question = groupCounts({
    ...selection,
    groupBy: [filterableAttribute(context.catalog, given.attribute)],
    first: forwardSize(given.first, context.limits.maxPageSize),
    maxGroups: context.limits.maxGroups,
  });
  const { data, reads } = await context.reads.ask(question, requirement);
  await hintUnknownType(data.distinct === 0, selection, requirement, context);
  return {
    values: data.groups.map(({ group: [value = ''], count }) => ({ value, count })),
    freshness: combineReads([...targetReads, ...reads]),
  };
}
