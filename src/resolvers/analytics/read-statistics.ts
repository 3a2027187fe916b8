import type { GraphQLResolveInfo } from 'graphql';
import { statistics } from '../../datasources/questions/statistics.ts';
import { combineReads } from '../../freshness/combine-reads.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { AnalyticsStatisticsArgs, ResolversTypes } from '../../generated/resolver-types.ts';
import { selectedFields } from '../entity/selected-fields.ts';
import { entitySelection } from '../entity-selection.ts';
import { hintUnknownType } from '../hint-unknown-type.ts';
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
  const { targetReads, ...selection } = await entitySelection(given, requirement, context);
  const question = statistics({
    ...selection,
    attribute: numberAttribute(given.attribute, 'statistics', context),
    groupBy: groupKeys(given.groupBy, context),
    binSize: groups.has('quantiles') ? 'quantile' : 'exponent',
    hasSquares: groups.has('stddev') || groups.has('stddevSample'),
    maxGroups: context.limits.maxGroups,
    maxBins: context.limits.maxBins,
  });
  const { data, reads } = await context.reads.ask(question, requirement);
  const isEmpty = data.every(({ summary }) => summary.count === 0n);
  await hintUnknownType(isEmpty, selection, requirement, context);
  return { groups: data, freshness: combineReads([...targetReads, ...reads]) };
}
