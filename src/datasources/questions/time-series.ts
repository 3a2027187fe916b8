import { compareGroups, type GroupKeys, type GroupValues, groupId } from '../../domain/analytics/group.ts';
import { type NumberBin, NumberSummary } from '../../domain/analytics/number-summary.ts';
import { type Aggregate, type SeriesValues, tooManyPoints } from '../../domain/analytics/time-series.ts';
import { AtlasError } from '../../domain/errors.ts';
import { overLimit } from '../../domain/over-limit.ts';
import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import { postgresForm } from '../postgres/reading/postgres-form.ts';
import { clickhouseGroups, type GroupColumns, groupColumns, groupOf, postgresGroups } from './group-values.ts';
import { BIN_COLUMNS, type BinColumns, binOf, clickhouseBins, postgresBins } from './number-bins.ts';
import type { Question } from './question.ts';
import { clickhouseTime, postgresMoment, postgresTime, type TimedSelection } from './time-axis.ts';

export interface TimeSeriesQuery extends TimedSelection {
  /** Everything but COUNT requires that `attribute` is a number. */
  readonly aggregate: Aggregate;
  readonly groupBy: GroupKeys;
  /** Where the periods begin, in milliseconds since the epoch, ascending: the first at or before `from`. */
  readonly starts: readonly number[];
  readonly maxPoints: number;
  /** See StatisticsQuery. */
  readonly maxBins: number;
}

/** The entities of one group and period: how many, or the bins of their numbers. */
interface Cell {
  readonly group: GroupValues;
  /** The index of the period. */
  readonly period: number;
  readonly count: bigint;
  readonly bin: NumberBin | null;
}

interface CellRow extends GroupColumns, Partial<BinColumns> {
  /** Postgres: the number of starts at or before; ClickHouse: the last of them. */
  readonly period: number | string;
  readonly entities: string;
}

/**
 * Counts or aggregates by group and period, in the order of the groups; without groupBy, one group. The engines only compare times with the
 * starts of the periods: what a period is, time zones included, is decided in one place (periods.ts).
 */
export function timeSeries(input: TimeSeriesQuery): Question<readonly Cell[], readonly SeriesValues[]> {
  const { aggregate, attribute, groupBy, starts, maxPoints, maxBins } = input;
  const measured =
    aggregate === 'COUNT' || attribute === null
      ? null
      : ({ attribute, binSize: 'exponent', hasSquares: false } as const);
  const limit = measured === null ? maxPoints : maxBins;
  const keys = [...groupColumns(groupBy), 'period'];
  const parse = (rows: readonly CellRow[], periodOf: (row: CellRow) => number): Cell[] =>
    rows.map((row) => ({
      group: groupOf(groupBy, row),
      period: periodOf(row),
      count: BigInt(row.entities),
      bin: measured === null ? null : binOf(row as BinColumns),
    }));
  return {
    name: 'timeSeries',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: postgresForm(
      input,
      (source, dialect) => {
        const { values } = dialect;
        const time = postgresTime(source, dialect, input);
        const period = `width_bucket(${time}, ${values.bind(starts.map(postgresMoment), 'timestamptz[]')})`;
        const selected = `${postgresGroups(source, groupBy)}${period} AS period, `;
        const bound = values.bind(limit + 1, 'integer');
        if (measured !== null) {
          const body = postgresBins(source, measured, { keys, selected, limit: bound });
          return { columns: [...keys, ...BIN_COLUMNS], body };
        }
        const cells = source.select(`${selected}count(*) AS entities`);
        return { columns: [...keys, 'entities'], body: `${cells}\nGROUP BY ${keys.join(', ')} LIMIT ${bound}` };
      },
      (rows: readonly CellRow[]) => parse(rows, ({ period }) => Number(period) - 1),
    ),
    clickhouse: {
      select: (copies) =>
        clickhouseSelect(copies, input, (source, dialect) => {
          const { parameters } = dialect;
          const time = clickhouseTime(source, dialect, input);
          const selected = `${clickhouseGroups(source, groupBy)}roundDown(${time}, ${parameters.bindOperands(starts, 'TIMESTAMP')}) AS period, `;
          const bound = parameters.bind(limit + 1, 'UInt32');
          if (measured !== null) {
            return clickhouseBins(source, measured, { keys, selected, limit: bound });
          }
          return source.select(`${selected}count() AS entities`, `GROUP BY ${keys.join(', ')} LIMIT ${bound}`);
        }),
      parse(rows: readonly CellRow[]) {
        const indexes = new Map(starts.map((start, index) => [start, index]));
        return parse(rows, ({ period }) => indexes.get(Number(period)) ?? 0);
      },
    },
    merge: (parts) => aggregated(parts, input, limit),
  };
}

function aggregated(
  parts: readonly (readonly Cell[])[],
  { aggregate, groupBy, maxPoints }: TimeSeriesQuery,
  limit: number,
): SeriesValues[] {
  if (parts.some((part) => part.length > limit))
    throw aggregate === 'COUNT' ? tooManyPoints(limit) : tooManyBins(limit);
  const groups = new Map<string, { readonly group: GroupValues; readonly periods: Map<number, Tally> }>();
  if (groupBy.length === 0) groups.set(groupId([]), { group: [], periods: new Map() });
  let points = 0;
  for (const { group, period, count, bin } of parts.flat()) {
    const id = groupId(group);
    const known = groups.get(id) ?? { group, periods: new Map<number, Tally>() };
    groups.set(id, known);
    const tally = known.periods.get(period) ?? { count: 0n, numbers: new NumberSummary('exponent') };
    if (!known.periods.has(period)) points += 1;
    known.periods.set(period, tally);
    tally.count += count;
    if (bin !== null) tally.numbers.add(bin);
  }
  if (points > maxPoints) throw tooManyPoints(maxPoints);
  const inOrder = compareGroups(groupBy);
  return [...groups.values()]
    .sort((a, b) => inOrder(a.group, b.group))
    .map(({ group, periods }) => ({
      group,
      values: new Map(Array.from(periods, ([period, tally]) => [period, aggregateOf(tally, aggregate)])),
    }));
}

interface Tally {
  count: bigint;
  readonly numbers: NumberSummary;
}

function aggregateOf({ count, numbers }: Tally, aggregate: Aggregate): number | null {
  switch (aggregate) {
    case 'COUNT':
      return Number(count);
    case 'SUM':
      return numbers.sum;
    case 'AVG':
      return numbers.mean;
    case 'MIN':
      return numbers.min;
    case 'MAX':
      return numbers.max;
  }
}

function tooManyBins(limit: number): AtlasError {
  return new AtlasError(
    'LIMIT_EXCEEDED',
    `The time series needs more than ${limit} bins over all points; use a longer interval, a filter, or group by attributes with fewer values.`,
    {
      hint: overLimit(
        'Use a longer interval, a filter, or group by attributes with fewer values',
        'ATLAS_MAX_NUMBER_BINS',
      ),
    },
  );
}
