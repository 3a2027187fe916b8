import type { TimeAxis, TimedSelection } from '../../datasources/questions/time-axis.ts';
import { timeRange } from '../../datasources/questions/time-range.ts';
import { timeSeries } from '../../datasources/questions/time-series.ts';
import { periodStarts } from '../../domain/analytics/periods.ts';
import { type Aggregate, type Gaps, type SeriesGroup, seriesPoints } from '../../domain/analytics/time-series.ts';
import { TimeZone } from '../../domain/analytics/time-zone.ts';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { filterableAttribute } from '../../domain/catalog/attribute-lookup.ts';
import { AtlasError } from '../../domain/errors.ts';
import { checkedMoment } from '../../domain/values/checked-moment.ts';
import { combineReads } from '../../freshness/combine-reads.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { AnalyticsTimeSeriesArgs, ResolversTypes } from '../../generated/resolver-types.ts';
import { entitySelection } from '../entity-selection.ts';
import { hintUnknownType } from '../hint-unknown-type.ts';
import type { RequestContext } from '../request-context.ts';
import { groupFields, groupKeys, numberAttribute } from './analytics-arguments.ts';

/** @throws AtlasError BAD_USER_INPUT | LIMIT_EXCEEDED | ATTRIBUTE_*, and those of the reads. */
export async function readTimeSeries(
  given: AnalyticsTimeSeriesArgs,
  requirement: FreshnessRequirement,
  context: RequestContext,
): Promise<ResolversTypes['TimeSeriesResult']> {
  const aggregate = given.aggregate ?? 'COUNT';
  const zone = new TimeZone(given.timeZone ?? 'UTC');
  const groupBy = groupKeys(given.groupBy, context);
  const attribute = countedAttribute(given.attribute ?? null, aggregate, context);
  const moments = givenMoments(given);
  const { targetReads, ...selection } = await entitySelection(given, requirement, context);
  const selected: TimedSelection = { ...selection, ...moments, attribute, axis: timeAxis(given, attribute, context) };
  const { maxPoints, maxBins } = context.limits;

  const isGiven = selected.from !== null && selected.to !== null;
  const ranged = isGiven ? null : await context.reads.ask(timeRange(selected), requirement);
  const first = selected.from ?? ranged?.data?.first;
  const end = selected.to ?? (ranged?.data ? ranged.data.last + 1 : undefined);
  if (first === undefined || end === undefined) {
    await hintUnknownType(true, selected, requirement, context);
    return {
      groups: groupBy.length === 0 ? [NO_POINTS] : [],
      freshness: combineReads([...targetReads, ...(ranged?.reads ?? [])]),
    };
  }
  const starts = periodStarts({ first, last: end - 1 }, given.interval, zone, maxPoints);
  const limits = { maxPoints, maxBins };
  const question = timeSeries({ ...selected, from: first, to: end, aggregate, groupBy, starts, ...limits });
  const { data, reads } = await context.reads.ask(question, requirement);
  const isEmpty = data.every(({ values }) => values.size === 0);
  await hintUnknownType(isEmpty, selected, requirement, context);
  const points = seriesPoints(data, {
    starts,
    gaps: given.gaps ?? USUAL_GAPS[aggregate],
    isFirstGiven: selected.from !== null,
    isLastGiven: selected.to !== null,
    limit: maxPoints,
  });
  return {
    groups: points.map(groupNode),
    freshness: combineReads([...targetReads, ...(ranged?.reads ?? []), ...reads]),
  };
}

/** Nothing adds up to 0, and has no mean and no extremes. */
const USUAL_GAPS: Readonly<Record<Aggregate, Gaps>> = {
  COUNT: 'ZERO',
  SUM: 'ZERO',
  AVG: 'NULL',
  MIN: 'NULL',
  MAX: 'NULL',
};

const NO_POINTS = groupNode({ group: [], points: [] });

function groupNode({ group, points }: SeriesGroup) {
  return { ...groupFields(group), points };
}

function givenMoments(given: AnalyticsTimeSeriesArgs): Pick<TimedSelection, 'from' | 'to'> {
  const from = given.from == null ? null : checkedMoment('from', given.from.getTime());
  const to = given.to == null ? null : checkedMoment('to', given.to.getTime());
  if (from !== null && to !== null && from >= to) {
    const shown = [from, to].map((moment) => new Date(moment).toISOString());
    throw new AtlasError('BAD_USER_INPUT', `from is ${shown[0]} and to is ${shown[1]}; from must be before to.`);
  }
  return { from, to };
}

function countedAttribute(
  key: string | null,
  aggregate: Aggregate,
  context: RequestContext,
): AttributeDefinition | null {
  if (aggregate !== 'COUNT') {
    if (key !== null) return numberAttribute(key, aggregate, context);
    throw new AtlasError(
      'BAD_USER_INPUT',
      `attribute is absent; ${aggregate} requires a NUMBER or NUMBER_LIST attribute.`,
    );
  }
  return key === null ? null : filterableAttribute(context.catalog, key);
}

/** What `by` names; by default the attribute itself, if it is a timestamp, or else when entities were created. */
function timeAxis(
  { by }: AnalyticsTimeSeriesArgs,
  attribute: AttributeDefinition | null,
  { catalog }: RequestContext,
): TimeAxis {
  if (by == null) {
    return attribute?.type === 'TIMESTAMP' ? { kind: 'attribute', attribute } : { kind: 'field', field: 'createdAt' };
  }
  if ((by.attribute == null) === (by.field == null)) {
    throw new AtlasError('BAD_USER_INPUT', 'by must have either attribute or field.');
  }
  if (by.field != null) return { kind: 'field', field: by.field === 'CREATED_AT' ? 'createdAt' : 'updatedAt' };
  const axis = filterableAttribute(catalog, by.attribute ?? '');
  if (axis.type === 'TIMESTAMP') return { kind: 'attribute', attribute: axis };
  throw new AtlasError(
    'ATTRIBUTE_TYPE_MISMATCH',
    `Attribute "${axis.key}" has type ${axis.type}; by requires a TIMESTAMP attribute.`,
  );
}
