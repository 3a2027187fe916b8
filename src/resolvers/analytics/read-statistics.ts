import type { GraphQLResolveInfo } from 'graphql';
import { statistics } from '../../datasources/questions/statistics.ts';
import { combineReads } from '../../freshness/combine-reads.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { AnalyticsStatisticsArgs, ResolversTypes } from '../../generated/resolver-types.ts';
import { selectedFields } from '../entity/selected-fields.ts';
import { entitySelection } from '../entity-selection.ts';
import type { RequestContext } from '../request-context.ts';
import { groupKeys, numberAttribute } from './analytics-arguments.ts';

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_*, and those of the reads. */
export async function readStatistics(
  given: AnalyticsStatisticsArgs,
  requirement: FreshnessRequirement,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<ResolversTypes['StatisticsResult']> {
  const groups = selectedFields(selectedFields(info.fieldNodes, info).get('groups') ?? [], info);
  const question = statistics({
    ...entitySelection(given, context),
    attribute: numberAttribute(given.attribute, 'statistics', context),
    groupBy: groupKeys(given.groupBy, context),
    binSize: groups.has('quantiles') ? 'quantile' : 'exponent',
    maxGroups: context.limits.maxGroups,
    maxBins: context.limits.maxBins,
  });
  const { data, reads } = await context.reads.ask(question, requirement);
  return { groups: data, freshness: combineReads(reads) };
}
