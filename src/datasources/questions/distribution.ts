import type { DistributionCell, Edges } from '../../domain/analytics/buckets.ts';
import { compareGroups, type GroupKeys, type GroupValues, groupId } from '../../domain/analytics/group.ts';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { EntitySelection } from '../../domain/filter/filter.ts';
import { overLimit } from '../../domain/over-limit.ts';
import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import { widthBucketSql } from '../clickhouse/width-bucket.ts';
import { postgresForm } from '../postgres/reading/postgres-form.ts';
import { clickhouseGroups, type GroupColumns, groupColumns, groupOf, postgresGroups } from './group-values.ts';
import type { Question } from './question.ts';

/** Groups are whole values, however long. */
export interface DistributionQuery extends EntitySelection, Edges {
  /** A number. */
  readonly attribute: AttributeDefinition;
  readonly groupBy: GroupKeys;
  readonly buckets: number;
  /** The most cells of the answer. One more is requested from each source, so that its part is bounded too. */
  readonly maxCells: number;
}

type Cells = readonly DistributionCell[];

interface CellRow extends GroupColumns {
  readonly bucket: number;
  /** Decimal digits. */
  readonly entities: string;
}

/** Counts of entities by group and bucket, ordered by group, then bucket. Empty cells are left out. */
export function distribution(input: DistributionQuery): Question<Cells, Cells> {
  const { attribute, groupBy, min, max, buckets, maxCells } = input;
  const parse = (rows: readonly CellRow[]): Cells =>
    rows.map((row) => ({
      group: groupOf(groupBy, row),
      bucket: Number(row.bucket),
      count: BigInt(row.entities),
    }));
  const keys = [...groupColumns(groupBy), 'bucket'];
  return {
    name: 'distribution',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: postgresForm(
      input,
      (source, { values }) => {
        const edges = `${values.bind(min, 'float8')}, ${values.bind(max, 'float8')}`;
        const value = source.value(attribute, 'required');
        const groups = postgresGroups(source, groupBy);
        const bucket = `width_bucket(${value}, ${edges}, ${values.bind(buckets, 'integer')})`;
        const cells = source.select(`${groups}${bucket} AS bucket, count(*) AS entities`);
        return {
          columns: [...keys, 'entities'],
          body: `${cells}\nGROUP BY ${keys.join(', ')} LIMIT ${values.bind(maxCells + 1, 'integer')}`,
        };
      },
      parse,
    ),
    clickhouse: {
      select: (copies) =>
        clickhouseSelect(copies, input, (source, { parameters }) => {
          const value = `assumeNotNull(${source.value(attribute, 'required')})`;
          const groups = clickhouseGroups(source, groupBy);
          const bucket = widthBucketSql(value, input, parameters);
          return source.select(
            `${groups}${bucket} AS bucket, count() AS entities`,
            `GROUP BY ${keys.join(', ')} LIMIT ${parameters.bind(maxCells + 1, 'UInt32')}`,
          );
        }),
      parse,
    },
    // A part with more cells than that is incomplete, even if cells of equal JSON values make it smaller.
    merge: (parts) => checked(parts.find((part) => part.length > maxCells) ?? mergeCells(parts, groupBy), maxCells),
  };
}

/** Adds up the counts of equal cells. An entity lives on one shard, so the counts are disjoint. */
function mergeCells(parts: readonly Cells[], groupBy: GroupKeys): Cells {
  const groups = new Map<string, { readonly group: GroupValues; readonly buckets: Map<number, bigint> }>();
  for (const { group, bucket, count } of parts.flat()) {
    const id = groupId(group);
    const known = groups.get(id) ?? { group, buckets: new Map<number, bigint>() };
    groups.set(id, known);
    known.buckets.set(bucket, (known.buckets.get(bucket) ?? 0n) + count);
  }
  const inOrder = compareGroups(groupBy);
  return [...groups.values()]
    .sort((a, b) => inOrder(a.group, b.group))
    .flatMap(({ group, buckets }) =>
      [...buckets].sort(([a], [b]) => a - b).map(([bucket, count]) => ({ group, bucket, count })),
    );
}

function checked(cells: Cells, maxCells: number): Cells {
  if (cells.length <= maxCells) return cells;
  throw new AtlasError(
    'LIMIT_EXCEEDED',
    `The distribution has more than ${maxCells} non-empty buckets over all groups; use fewer buckets, or group by attributes with fewer values.`,
    { hint: overLimit('Use fewer buckets, or group by attributes with fewer values', 'ATLAS_MAX_DISTRIBUTION_CELLS') },
  );
}
