import type { GraphQLResolveInfo } from 'graphql';
import { count } from '../../datasources/questions/count.ts';
import { groupCounts } from '../../datasources/questions/group-counts.ts';
import { combineReads } from '../../freshness/combine-reads.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { AnalyticsCountArgs, ResolversTypes } from '../../generated/resolver-types.ts';
import { forwardSize } from '../../paging/page-window.ts';
import { selectedFields } from '../entity/selected-fields.ts';
import { entitySelection } from '../entity-selection.ts';
import { hintUnknownType } from '../hint-unknown-type.ts';
import type { RequestContext } from '../request-context.ts';
import { groupFields, groupKeys } from './analytics-arguments.ts';

/**
 * The total and the groups are two questions, of which only those are asked that are selected.
 * @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_*, and those of the reads.
 */
export async function readCount(
  given: AnalyticsCountArgs,
  requirement: FreshnessRequirement,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<ResolversTypes['CountResult']> {
  const { targetReads, ...selection } = await entitySelection(given, requirement, context);
  const groupBy = groupKeys(given.groupBy, context);
  const first = forwardSize(given.first, context.limits.maxPageSize);
  const selected = selectedFields(info.fieldNodes, info);
  const isGrouped = groupBy.length > 0 && selected.has('groups');
  const grouping = { ...selection, groupBy, first, maxGroups: context.limits.maxGroups };
  const [total, grouped] = await Promise.all([
    !isGrouped || selected.has('count') ? context.reads.ask(count(selection), requirement) : null,
    isGrouped ? context.reads.ask(groupCounts(grouping), requirement) : null,
  ]);
  const all = total?.data ?? 0n; // if it is not selected, nobody sees it
  const isEmpty = grouped === null ? all === 0n : grouped.data.distinct === 0;
  await hintUnknownType(isEmpty, selection, requirement, context);
  const groups = grouped?.data.groups ?? [{ group: [], count: all }];
  return {
    count: all,
    groups: groups.slice(0, first).map((one) => ({ ...groupFields(one.group), count: one.count })),
    freshness: combineReads([...targetReads, ...(total?.reads ?? []), ...(grouped?.reads ?? [])]),
  };
}
