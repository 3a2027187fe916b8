import { distribution } from '../../datasources/questions/distribution.ts';
import { range } from '../../datasources/questions/range.ts';
import {
  checkBucketCount,
  checkedEdges,
  closeLastBucket,
  edgesWithin,
  groupBuckets,
} from '../../domain/analytics/buckets.ts';
import { combineReads } from '../../freshness/combine-reads.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { AnalyticsDistributionArgs, ResolversTypes } from '../../generated/resolver-types.ts';
import { entitySelection } from '../entity-selection.ts';
import { hintUnknownType } from '../hint-unknown-type.ts';
import type { RequestContext } from '../request-context.ts';
import { groupFields, groupKeys, numberAttribute } from './analytics-arguments.ts';

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_*, and those of the reads. */
export async function readDistribution(
  given: AnalyticsDistributionArgs,
  requirement: FreshnessRequirement,
  context: RequestContext,
): Promise<ResolversTypes['Distribution']> {
  const { targetReads, ...selection } = await entitySelection(given, requirement, context);
  const attribute = numberAttribute(given.attribute, 'a distribution', context);
  const groupBy = groupKeys(given.groupBy, context);
  const buckets = checkBucketCount(given.buckets ?? null, context.limits.maxBuckets);
  const { min = null, max = null } = given;
  const maxCells = context.limits.maxCells;

  const givenEdges = min === null || max === null ? null : checkedEdges(min, max);
  const ranged = givenEdges === null ? await context.reads.ask(range({ ...selection, attribute }), requirement) : null;
  const edges = givenEdges ?? (ranged?.data ? edgesWithin(ranged.data, min, max) : null);
  if (edges === null) {
    await hintUnknownType(true, selection, requirement, context);
    return {
      groups: groupBy.length === 0 ? [EMPTY_GROUP] : [],
      freshness: combineReads([...targetReads, ...(ranged?.reads ?? [])]),
    };
  }
  const question = distribution({ ...selection, attribute, groupBy, ...edges, buckets, maxCells });
  const { data, reads } = await context.reads.ask(question, requirement);
  await hintUnknownType(data.length === 0, selection, requirement, context);
  const groups = groupBuckets(max === null ? closeLastBucket(data, buckets) : data, edges, buckets);
  return {
    groups:
      groupBy.length === 0 && groups.length === 0
        ? [EMPTY_GROUP]
        : groups.map(({ group, ...rest }) => ({ ...groupFields(group), ...rest })),
    freshness: combineReads([...targetReads, ...(ranged?.reads ?? []), ...reads]),
  };
}

const EMPTY_GROUP = { value: null, values: [], buckets: [] };
