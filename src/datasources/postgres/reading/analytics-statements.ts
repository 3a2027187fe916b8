import type { DistributionQuery, EntitySelection, RangeQuery } from '../../entity-reader.ts';
import { BoundValues } from './bound-values.ts';
import { EntitySource } from './entity-source.ts';
import { PostgresDialect } from './postgres-dialect.ts';
import { type UnnamedStatement, watermarkedStatement } from './watermarked-statement.ts';

export function countStatement(selection: EntitySelection): UnnamedStatement {
  const { source, values } = sourceOf(selection);
  const text = watermarkedStatement({ columns: ['entities'], body: source.select('count(*) AS entities') });
  return { text, values: values.values };
}

export function rangeStatement(query: RangeQuery): UnnamedStatement {
  const { source, values } = sourceOf(query);
  const value = source.value(query.attribute, 'required');
  const body = source.select(`min(${value}) AS low, max(${value}) AS high`);
  return { text: watermarkedStatement({ columns: ['low', 'high'], body }), values: values.values };
}

export function distributionStatement(query: DistributionQuery): UnnamedStatement {
  const { source, values } = sourceOf(query);
  const bounds = [values.bind(query.min, 'float8'), values.bind(query.max, 'float8')].join(', ');
  const value = source.value(query.attribute, 'required');
  const group = query.groupBy === null ? 'NULL::text' : source.value(query.groupBy, 'required');
  const bucket = `width_bucket(${value}, ${bounds}, ${values.bind(query.buckets, 'integer')})`;
  const cells = source.select(`${group} AS group_value, ${bucket} AS bucket, count(*) AS entities`);
  const columns = ['group_value', 'bucket', 'entities'];
  const limit = values.bind(query.maxCells + 1, 'integer');
  const text = watermarkedStatement({ columns, body: `${cells}\nGROUP BY 1, 2 LIMIT ${limit}` });
  return { text, values: values.values };
}

function sourceOf(selection: EntitySelection): { source: EntitySource; values: BoundValues } {
  const values = new BoundValues();
  const dialect = new PostgresDialect(values, values.bind(selection.tenantId, 'integer'));
  return { source: new EntitySource(dialect, selection), values };
}
