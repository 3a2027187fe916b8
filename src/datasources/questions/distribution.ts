import type { DistributionCell, Edges } from '../../domain/buckets.ts';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { EntitySelection } from '../../domain/filter/filter.ts';
import { compareUtf8 } from '../../lib/compare-utf8.ts';
import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import { widthBucketSql } from '../clickhouse/width-bucket.ts';
import { postgresSelect } from '../postgres/reading/postgres-form.ts';
import { clickhouseGroup, groupText, postgresGroup } from './group-value.ts';
import type { Question } from './question.ts';

/** Groups are whole values, however long. */
export interface DistributionQuery extends EntitySelection, Edges {
  /** A number. */
  readonly attribute: AttributeDefinition;
  readonly groupBy: AttributeDefinition | null;
  readonly buckets: number;
  /** The most cells of the answer. One more is requested from each source, so that its part is bounded too. */
  readonly maxCells: number;
}

type Cells = readonly DistributionCell[];

interface CellRow {
  readonly group_value: string | number | boolean | Date | null;
  readonly bucket: number;
  /** Decimal digits. */
  readonly entities: string;
}

/** Counts of entities by group and bucket, ordered by group (bytes of UTF-8), then bucket. Empty cells are left out. */
export function distribution(input: DistributionQuery): Question<Cells, Cells> {
  const { attribute, groupBy, min, max, buckets, maxCells } = input;
  const parse = (rows: readonly CellRow[]): Cells =>
    rows.map(({ group_value, bucket, entities }) => ({
      group: groupText(groupBy, group_value),
      bucket: Number(bucket),
      count: BigInt(entities),
    }));
  return {
    name: 'distribution',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: {
      select: () =>
        postgresSelect(input, (source, { values }) => {
          const edges = `${values.bind(min, 'float8')}, ${values.bind(max, 'float8')}`;
          const value = source.value(attribute, 'required');
          const group = postgresGroup(source, groupBy);
          const bucket = `width_bucket(${value}, ${edges}, ${values.bind(buckets, 'integer')})`;
          const cells = source.select(`${group} AS group_value, ${bucket} AS bucket, count(*) AS entities`);
          return {
            columns: ['group_value', 'bucket', 'entities'],
            body: `${cells}\nGROUP BY 1, 2 LIMIT ${values.bind(maxCells + 1, 'integer')}`,
          };
        }),
      parse,
    },
    clickhouse: {
      select: (copies) =>
        clickhouseSelect(copies, input, (source, { parameters }) => {
          const value = `assumeNotNull(${source.value(attribute, 'required')})`;
          const group = clickhouseGroup(source, groupBy);
          const bucket = widthBucketSql(value, input, parameters);
          return source.select(
            `${group} AS group_value, ${bucket} AS bucket, count() AS entities`,
            `GROUP BY group_value, bucket LIMIT ${parameters.bind(maxCells + 1, 'UInt32')}`,
          );
        }),
      parse,
    },
    // A part with more cells than that is incomplete, even if cells of equal JSON values make it smaller.
    merge: (parts) => checked(parts.find((part) => part.length > maxCells) ?? mergeCells(parts), maxCells),
  };
}

/** Adds up the counts of equal cells. An entity lives on one shard, so the counts are disjoint. */
function mergeCells(parts: readonly Cells[]): Cells {
  const groups = new Map<string | null, Map<number, bigint>>();
  for (const { group, bucket, count } of parts.flat()) {
    const buckets = groups.get(group) ?? new Map<number, bigint>();
    groups.set(group, buckets.set(bucket, (buckets.get(bucket) ?? 0n) + count));
  }
  return [...groups]
    .sort(([a], [b]) => compareUtf8(a ?? '', b ?? ''))
    .flatMap(([group, buckets]) =>
      [...buckets].sort(([a], [b]) => a - b).map(([bucket, count]) => ({ group, bucket, count })),
    );
}

function checked(cells: Cells, maxCells: number): Cells {
  if (cells.length <= maxCells) return cells;
  throw new AtlasError(
    'LIMIT_EXCEEDED',
    `The distribution has more than ${maxCells} non-empty buckets over all groups; use fewer buckets, or group by an attribute with fewer values.`,
  );
}
