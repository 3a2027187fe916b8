import type { Routed } from '../datasources/entity-reads.ts';
import type { DistributionCell } from '../domain/analytics.ts';
import type { AttributeDefinition } from '../domain/catalog/attribute.ts';
import { filterableAttribute } from '../domain/catalog/attribute-lookup.ts';
import { AtlasError } from '../domain/errors.ts';
import { combineReads } from '../freshness/combine-reads.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import type {
  AnalyticsDistributionArgs,
  DistributionBucket,
  DistributionGroup,
  ResolversTypes,
} from '../generated/resolver-types.ts';
import { nextDown, nextUp } from '../lib/next-float.ts';
import { entitySelection } from './entity-selection.ts';
import type { RequestContext } from './request-context.ts';

/** Leaves room to multiply by any number of buckets. */
const MAX_SPAN = 1e300;

interface Edges {
  readonly min: number;
  readonly max: number;
}

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_*, and those of EntityReads */
export async function distribution(
  given: AnalyticsDistributionArgs,
  requirement: FreshnessRequirement,
  context: RequestContext,
): Promise<ResolversTypes['Distribution']> {
  const selection = entitySelection(given, context);
  const attribute = numberAttribute(given.attribute, context);
  const groupBy = given.groupBy == null ? null : filterableAttribute(context.catalog, given.groupBy);
  const buckets = bucketCount(given.buckets ?? 0, context.limits.maxBuckets);
  const maxCells = context.limits.maxCells;
  const reads: ReadFreshness[] = [];
  const noted = <T>(answer: Routed<T>): T => {
    for (const read of answer.reads) context.collector.add(read, 0);
    reads.push(...answer.reads);
    return answer.data;
  };

  const givenEdges = edgesGiven(given);
  const edges =
    givenEdges ?? edgesOf(given, noted(await context.reads.range({ ...selection, attribute }, requirement)));
  const cells =
    edges === null
      ? []
      : noted(
          await context.reads.distribution(
            { ...selection, attribute, groupBy, ...edges, buckets, maxCells },
            requirement,
          ),
        );
  const closed = given.max == null ? withMaxInLastBucket(cells, buckets) : cells;
  const groups = edges === null ? [] : groupsOf(closed, edges, buckets);
  return {
    groups: groupBy === null && groups.length === 0 ? [{ value: null, buckets: [] }] : groups,
    freshness: combineReads(reads),
  };
}

function numberAttribute(key: string, { catalog }: RequestContext): AttributeDefinition {
  const attribute = filterableAttribute(catalog, key);
  if (attribute.type === 'NUMBER') return attribute;
  throw new AtlasError(
    'ATTRIBUTE_TYPE_MISMATCH',
    `Attribute "${key}" is of type ${attribute.type}: a distribution needs one of type NUMBER.`,
  );
}

function bucketCount(buckets: number, limit: number): number {
  if (buckets < 1) throw new AtlasError('BAD_USER_INPUT', `buckets is ${buckets}: give at least 1.`);
  if (buckets <= limit) return buckets;
  throw new AtlasError('LIMIT_EXCEEDED', `buckets is ${buckets}: give at most ${limit}.`);
}

/** Null where not both are given. */
function edgesGiven({ min, max }: AnalyticsDistributionArgs): Edges | null {
  return min == null || max == null ? null : checkedEdges(min, max);
}

/** What is not given comes from the data; null where there are none. */
function edgesOf({ min, max }: AnalyticsDistributionArgs, data: Edges | null): Edges | null {
  if (data === null) return null;
  const low = min ?? Math.min(data.min, nextDown(max ?? Number.POSITIVE_INFINITY));
  return checkedEdges(low, max ?? Math.max(data.max, nextUp(low)));
}

/** A bucket ends before its upper edge, but an edge that is the data's own maximum belongs to the last bucket. */
function withMaxInLastBucket(cells: readonly DistributionCell[], buckets: number): readonly DistributionCell[] {
  const closed: DistributionCell[] = [];
  for (const cell of cells) {
    const last = closed.at(-1);
    if (cell.bucket <= buckets) closed.push(cell);
    else if (last?.group === cell.group && last.bucket === buckets)
      closed.splice(-1, 1, { ...last, count: last.count + cell.count });
    else closed.push({ ...cell, bucket: buckets });
  }
  return closed;
}

function checkedEdges(min: number, max: number): Edges {
  if (!Number.isFinite(min) || !Number.isFinite(max)) {
    throw new AtlasError('BAD_USER_INPUT', 'min or max is infinite: give finite numbers.');
  }
  if (min >= max) throw new AtlasError('BAD_USER_INPUT', `min is ${min} and max is ${max}: min must be less than max.`);
  if (max - min <= MAX_SPAN) return { min, max };
  throw new AtlasError(
    'BAD_USER_INPUT',
    `${min} to ${max} is too far to be divided: give min and max closer together.`,
  );
}

/** @param cells ordered by group, then bucket. */
function groupsOf(cells: readonly DistributionCell[], edges: Edges, buckets: number): DistributionGroup[] {
  const groups: { value: string | null; buckets: DistributionBucket[] }[] = [];
  for (const { group, bucket, count } of cells) {
    const last = groups.at(-1);
    const entry = { bucket, count, ...limits(bucket, edges, buckets) };
    if (last !== undefined && last.value === group) last.buckets.push(entry);
    else groups.push({ value: group, buckets: [entry] });
  }
  return groups;
}

function limits(bucket: number, { min, max }: Edges, buckets: number): Pick<DistributionBucket, 'lower' | 'upper'> {
  const edge = (index: number): number => (index === buckets ? max : min + ((max - min) * index) / buckets);
  return {
    lower: bucket === 0 ? null : edge(bucket - 1),
    upper: bucket === buckets + 1 ? null : edge(bucket),
  };
}
