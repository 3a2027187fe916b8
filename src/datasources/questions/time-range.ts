import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import { postgresForm } from '../postgres/reading/postgres-form.ts';
import type { Question } from './question.ts';
import { clickhouseTime, postgresTime, type TimedSelection } from './time-axis.ts';

/** Milliseconds since the epoch. */
export interface MomentRange {
  readonly first: number;
  readonly last: number;
}

interface RangeRow {
  /** ClickHouse returns digits. */
  readonly first: Date | string | null;
  readonly last: Date | string | null;
  /** Decimal digits. */
  readonly entities: string;
}

function rangeOf([row]: readonly RangeRow[]): MomentRange | null {
  if (row === undefined || row.first === null || row.last === null || row.entities === '0') return null;
  return { first: Number(row.first), last: Number(row.last) };
}

/** The first and the last time of the selected entities; null if there are none. */
export function timeRange(input: TimedSelection): Question<MomentRange | null, MomentRange | null> {
  return {
    name: 'timeRange',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: postgresForm(
      input,
      (source, dialect) => {
        const time = postgresTime(source, dialect, input);
        return {
          columns: ['first', 'last', 'entities'],
          body: source.select(`min(${time}) AS first, max(${time}) AS last, count(*) AS entities`),
        };
      },
      rangeOf,
    ),
    clickhouse: {
      select: (copies) =>
        clickhouseSelect(copies, input, (source, dialect) => {
          const time = clickhouseTime(source, dialect, input);
          return source.select(`min(${time}) AS first, max(${time}) AS last, count() AS entities`);
        }),
      parse: rangeOf,
    },
    merge: (parts) =>
      parts.reduce((a, b) =>
        a === null || b === null ? (a ?? b) : { first: Math.min(a.first, b.first), last: Math.max(a.last, b.last) },
      ),
  };
}
