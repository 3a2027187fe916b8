import type { EntitySelection } from '../../domain/filter/filter.ts';
import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import { postgresForm } from '../postgres/reading/postgres-form.ts';
import type { Question } from './question.ts';

interface CountRow {
  /** Decimal digits. */
  readonly entities: string;
}

const countOf = ([row]: readonly CountRow[]): bigint => BigInt(row?.entities ?? 0);

/** How many entities are selected. */
export function count(input: EntitySelection): Question<bigint, bigint> {
  return {
    name: 'count',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: postgresForm(
      input,
      (source) => ({
        columns: ['entities'],
        body: source.select('count(*) AS entities'),
      }),
      countOf,
    ),
    clickhouse: {
      select: (copies) => clickhouseSelect(copies, input, (source) => source.select('count() AS entities')),
      parse: countOf,
    },
    merge: (parts) => parts.reduce((sum, part) => sum + part, 0n),
  };
}
