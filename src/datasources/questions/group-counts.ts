import type { GroupKeys } from '../../domain/analytics/group.ts';
import { type CountedGroups, smallest, type TopGroups, topGroups } from '../../domain/analytics/top-groups.ts';
import type { EntitySelection } from '../../domain/filter/filter.ts';
import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import { postgresForm } from '../postgres/reading/postgres-form.ts';
import { clickhouseGroups, type GroupColumns, groupColumns, groupOf, postgresGroups } from './group-values.ts';
import type { Question } from './question.ts';

/** Groups are whole values, however long. */
export interface GroupCountsQuery extends EntitySelection {
  /** At least one. */
  readonly groupBy: GroupKeys;
  /** The most groups of the answer. */
  readonly first: number;
  /** The most groups of which a source returns all; of more, it returns the largest, and one more than that, so that it shows. */
  readonly maxGroups: number;
}

interface GroupRow extends GroupColumns {
  /** Decimal digits. */
  readonly entities: string;
}

/** The groups with most entities. Entities that lack one of the keys are in none. */
export function groupCounts(input: GroupCountsQuery): Question<CountedGroups, TopGroups> {
  const { groupBy, first, maxGroups } = input;
  const keys = groupColumns(groupBy);
  const parse = (rows: readonly GroupRow[]): CountedGroups => {
    const groups = rows.map((row) => ({ group: groupOf(groupBy, row), count: BigInt(row.entities) }));
    return { groups, othersAtMost: groups.length > maxGroups ? smallest(groups) : null };
  };
  const largest = (limit: string) => `GROUP BY ${keys.join(', ')} ORDER BY entities DESC LIMIT ${limit}`;
  return {
    name: 'groupCounts',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: postgresForm(
      input,
      (source, { values }) => {
        const groups = source.select(`${postgresGroups(source, groupBy)}count(*) AS entities`);
        return {
          columns: [...keys, 'entities'],
          body: `${groups}\n${largest(values.bind(maxGroups + 1, 'integer'))}`,
        };
      },
      parse,
    ),
    clickhouse: {
      select: (copies) =>
        clickhouseSelect(copies, input, (source, { parameters }) =>
          source.select(
            `${clickhouseGroups(source, groupBy)}count() AS entities`,
            largest(parameters.bind(maxGroups + 1, 'UInt32')),
          ),
        ),
      parse,
    },
    merge: (parts) => topGroups(parts, groupBy, first),
  };
}
