import { nextDown, nextUp } from '../../lib/next-float.ts';
import { AtlasError } from '../errors.ts';
import { overLimit } from '../over-limit.ts';
import type { GroupValues } from './group.ts';

/** `min` is less than `max`; both are finite. */
export interface Edges {
  readonly min: number;
  readonly max: number;
}

/** The smallest and the largest value of some data; they may be equal. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
}

/** `bucket` follows SQL width_bucket: 0 below min, n+1 at or above max. */
export interface DistributionCell {
  readonly group: GroupValues;
  readonly bucket: number;
  readonly count: bigint;
}

/** A bucket with its limits: `lower` is inclusive and null for bucket 0, `upper` is exclusive and null for bucket n+1. */
export interface Bucket {
  readonly bucket: number;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly count: bigint;
}

export interface BucketGroup {
  readonly group: GroupValues;
  readonly buckets: readonly Bucket[];
}

/** The largest span that can be multiplied by any number of buckets. */
const MAX_SPAN = 1e300;

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED */
export function checkBucketCount(buckets: number | null, limit: number): number {
  if (buckets === null) throw new AtlasError('BAD_USER_INPUT', 'buckets is null; expected a number.');
  if (buckets < 1) throw new AtlasError('BAD_USER_INPUT', `buckets is ${buckets}; the minimum is 1.`);
  if (buckets > limit)
    throw new AtlasError('LIMIT_EXCEEDED', `buckets is ${buckets}; the limit is ${limit}.`, {
      hint: overLimit('Use fewer buckets', 'ATLAS_MAX_BUCKETS'),
    });
  return buckets;
}

/** @throws AtlasError BAD_USER_INPUT */
export function checkedEdges(min: number, max: number): Edges {
  if (!Number.isFinite(min) || !Number.isFinite(max)) {
    throw new AtlasError('BAD_USER_INPUT', 'min or max is infinite; expected finite numbers.');
  }
  if (min >= max) throw new AtlasError('BAD_USER_INPUT', `min is ${min} and max is ${max}; min must be less than max.`);
  if (max - min <= MAX_SPAN) return { min, max };
  throw new AtlasError(
    'BAD_USER_INPUT',
    `The range from ${min} to ${max} is too wide; the limit is ${MAX_SPAN}. Set min and max closer together.`,
  );
}

/**
 * Takes missing (null) edges from the range of the data. min is less than max even if all data lie beyond a given edge.
 * @throws AtlasError BAD_USER_INPUT
 */
export function edgesWithin(data: NumberRange, min: number | null, max: number | null): Edges {
  const low = min ?? Math.min(data.min, nextDown(max ?? Number.POSITIVE_INFINITY));
  return checkedEdges(low, max ?? Math.max(data.max, nextUp(low)));
}

/**
 * Counts what is at or above max in bucket n. A bucket ends before its upper edge, but an edge that is the data's own
 * maximum belongs to the last bucket.
 * @param cells ordered by group, then bucket.
 */
export function closeLastBucket(cells: readonly DistributionCell[], buckets: number): readonly DistributionCell[] {
  const closed: DistributionCell[] = [];
  for (const cell of cells) {
    const last = closed.at(-1);
    if (cell.bucket <= buckets) closed.push(cell);
    else if (last?.bucket === buckets && isSameGroup(last.group, cell.group))
      closed.splice(-1, 1, { ...last, count: last.count + cell.count });
    else closed.push({ ...cell, bucket: buckets });
  }
  return closed;
}

/** @param cells ordered by group, then bucket. */
export function groupBuckets(cells: readonly DistributionCell[], edges: Edges, buckets: number): BucketGroup[] {
  const groups: { group: GroupValues; buckets: Bucket[] }[] = [];
  for (const { group, bucket, count } of cells) {
    const last = groups.at(-1);
    const entry = { bucket, count, ...limitsOf(bucket, edges, buckets) };
    if (last !== undefined && isSameGroup(last.group, group)) last.buckets.push(entry);
    else groups.push({ group, buckets: [entry] });
  }
  return groups;
}

function isSameGroup(a: GroupValues, b: GroupValues): boolean {
  return a.every((value, index) => value === b[index]);
}

function limitsOf(bucket: number, { min, max }: Edges, buckets: number): Pick<Bucket, 'lower' | 'upper'> {
  const edge = (index: number): number => (index === buckets ? max : min + ((max - min) * index) / buckets);
  return {
    lower: bucket === 0 ? null : edge(bucket - 1),
    upper: bucket === buckets + 1 ? null : edge(bucket),
  };
}
