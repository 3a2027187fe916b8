import { AtlasError } from '../errors.ts';
import { overLimit } from '../over-limit.ts';
import type { GroupValues } from './group.ts';

export type Aggregate = 'COUNT' | 'SUM' | 'AVG' | 'MIN' | 'MAX';

/** What stands for a period without entities: no point, 0, or null. */
export type Gaps = 'OMIT' | 'ZERO' | 'NULL';

/** The values of a group by the index of their period. */
export interface SeriesValues {
  readonly group: GroupValues;
  /** A value is null if it is beyond the largest float. */
  readonly values: ReadonlyMap<number, number | null>;
}

export interface SeriesPoint {
  readonly start: Date;
  readonly value: number | null;
}

export interface SeriesGroup {
  readonly group: GroupValues;
  /** In the order of time. */
  readonly points: readonly SeriesPoint[];
}

export interface PointsOptions {
  /** Of all periods, in milliseconds since the epoch. */
  readonly starts: readonly number[];
  readonly gaps: Gaps;
  /** Whether the first period is one even if no group has a value there, and likewise the last. */
  readonly isFirstGiven: boolean;
  readonly isLastGiven: boolean;
  readonly limit: number;
}

/**
 * The points of every group. Gaps are filled from the first period that any group has a value in, or that was asked for, to the last.
 * @throws AtlasError LIMIT_EXCEEDED if the points are more than the limit.
 */
export function seriesPoints(groups: readonly SeriesValues[], options: PointsOptions): readonly SeriesGroup[] {
  const { starts, gaps, isFirstGiven, isLastGiven, limit } = options;
  let [first, last] = [isFirstGiven ? 0 : starts.length, isLastGiven ? starts.length - 1 : -1];
  let count = 0;
  for (const { values } of groups) {
    count += values.size;
    for (const period of values.keys()) [first, last] = [Math.min(first, period), Math.max(last, period)];
  }
  if (gaps !== 'OMIT') count = groups.length * Math.max(0, last - first + 1);
  if (count > limit) throw tooManyPoints(limit);
  const periods = starts.map((start, period) => ({ start: new Date(start), period })).slice(first, last + 1);
  const filled = gaps === 'ZERO' ? 0 : null;
  return groups.map(({ group, values }) => ({
    group,
    points: periods
      .filter(({ period }) => gaps !== 'OMIT' || values.has(period))
      .map(({ start, period }) => ({ start, value: values.has(period) ? (values.get(period) ?? null) : filled })),
  }));
}

export function tooManyPoints(limit: number): AtlasError {
  return new AtlasError(
    'LIMIT_EXCEEDED',
    `The time series has more than ${limit} points over all groups; use a longer interval, set from and to, or group by attributes with fewer values.`,
    {
      hint: overLimit(
        'Use a longer interval, set from and to, or group by attributes with fewer values',
        'ATLAS_MAX_TIME_SERIES_POINTS',
      ),
    },
  );
}
