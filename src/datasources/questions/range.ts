import type { NumberRange } from '../../domain/analytics/buckets.ts';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import type { EntitySelection } from '../../domain/filter/filter.ts';
import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import { postgresForm } from '../postgres/reading/postgres-form.ts';
import type { Question } from './question.ts';

export interface RangeQuery extends EntitySelection {
  /** A number. */
  readonly attribute: AttributeDefinition;
}

interface RangeRow {
  readonly low: number | null;
  readonly high: number | null;
}

function rangeOf([row]: readonly RangeRow[]): NumberRange | null {
  if (row === undefined || row.low === null || row.high === null) return null;
  return { min: row.low + 0, max: row.high + 0 }; // -0 becomes 0
}

/** The smallest and largest value of a number attribute; null if no selected entity has it. */
export function range(input: RangeQuery): Question<NumberRange | null, NumberRange | null> {
  return {
    name: 'range',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: postgresForm(
      input,
      (source) => {
        const value = source.value(input.attribute, 'required');
        return { columns: ['low', 'high'], body: source.select(`min(${value}) AS low, max(${value}) AS high`) };
      },
      rangeOf,
    ),
    clickhouse: {
      select: (copies) =>
        clickhouseSelect(copies, input, (source) => {
          const value = source.value(input.attribute, 'required');
          return source.select(`min(${value}) AS low, max(${value}) AS high`);
        }),
      parse: rangeOf,
    },
    merge: (parts) =>
      parts.reduce((a, b) =>
        a === null || b === null ? (a ?? b) : { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) },
      ),
  };
}
