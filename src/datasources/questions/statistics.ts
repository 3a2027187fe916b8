import { compareGroups, type GroupKeys, type GroupValues, groupId } from '../../domain/analytics/group.ts';
import { type BinSize, type NumberBin, NumberSummary } from '../../domain/analytics/number-summary.ts';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { EntitySelection } from '../../domain/filter/filter.ts';
import { overLimit } from '../../domain/over-limit.ts';
import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import { postgresForm } from '../postgres/reading/postgres-form.ts';
import { clickhouseGroups, type GroupColumns, groupColumns, groupOf, postgresGroups } from './group-values.ts';
import { BIN_COLUMNS, type BinColumns, binOf, clickhouseBins, postgresBins } from './number-bins.ts';
import type { Question } from './question.ts';

export interface StatisticsQuery extends EntitySelection {
  /** A number. */
  readonly attribute: AttributeDefinition;
  readonly groupBy: GroupKeys;
  /** Quantiles need small bins. */
  readonly binSize: BinSize;
  /** Whether squares are added up, which standard deviations alone need. */
  readonly hasSquares: boolean;
  readonly maxGroups: number;
  /** The most bins of a source, over all groups. One more is requested. */
  readonly maxBins: number;
}

interface GroupBin {
  readonly group: GroupValues;
  readonly bin: NumberBin;
}

export interface GroupSummary {
  readonly group: GroupValues;
  readonly summary: NumberSummary;
}

/** The statistics of a number by group, in the order of the groups. Without groupBy, one group, empty if no selected entity has the attribute. */
export function statistics(input: StatisticsQuery): Question<readonly GroupBin[], readonly GroupSummary[]> {
  const { groupBy, maxBins } = input;
  const keys = groupColumns(groupBy);
  const parse = (rows: readonly (GroupColumns & BinColumns)[]) =>
    rows.map((row) => ({ group: groupOf(groupBy, row), bin: binOf(row) }));
  return {
    name: 'statistics',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: postgresForm(
      input,
      (source, { values }) => {
        const limit = values.bind(maxBins + 1, 'integer');
        const selected = postgresGroups(source, groupBy);
        return {
          columns: [...keys, ...BIN_COLUMNS],
          body: postgresBins(source, input, { keys, selected, limit }),
        };
      },
      parse,
    ),
    clickhouse: {
      select: (copies) =>
        clickhouseSelect(copies, input, (source, { parameters }) => {
          const limit = parameters.bind(maxBins + 1, 'UInt32');
          const selected = clickhouseGroups(source, groupBy);
          return clickhouseBins(source, input, { keys, selected, limit });
        }),
      parse,
    },
    merge: (parts) => summarize(parts, input),
  };
}

function summarize(parts: readonly (readonly GroupBin[])[], query: StatisticsQuery): GroupSummary[] {
  const { groupBy, binSize, maxGroups, maxBins } = query;
  if (parts.some((part) => part.length > maxBins)) {
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `The statistics need more than ${maxBins} bins over all groups; use a filter, group by attributes with fewer values, or select no quantiles.`,
      {
        hint: overLimit(
          'Use a filter, group by attributes with fewer values, or select no quantiles',
          'ATLAS_MAX_NUMBER_BINS',
        ),
      },
    );
  }
  const groups = new Map<string, GroupSummary>();
  if (groupBy.length === 0) groups.set(groupId([]), { group: [], summary: new NumberSummary(binSize) });
  for (const { group, bin } of parts.flat()) {
    const id = groupId(group);
    const known = groups.get(id) ?? { group, summary: new NumberSummary(binSize) };
    groups.set(id, known);
    known.summary.add(bin);
  }
  if (groups.size > maxGroups) {
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `The statistics have more than ${maxGroups} groups; use a filter, or group by attributes with fewer values.`,
      { hint: overLimit('Use a filter, or group by attributes with fewer values', 'ATLAS_MAX_GROUPS') },
    );
  }
  const inOrder = compareGroups(groupBy);
  return [...groups.values()].sort((a, b) => inOrder(a.group, b.group));
}
