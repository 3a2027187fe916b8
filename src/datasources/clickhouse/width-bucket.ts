import type { BoundParameters } from './bound-parameters.ts';

/**
 * SQL's width_bucket with the same steps as Postgres' width_bucket(float8), so that a value near an edge falls into the
 * same bucket. ClickHouse's own function multiplies before it divides.
 */
export function widthBucketSql(
  value: string,
  { min, max, buckets }: { min: number; max: number; buckets: number },
  parameters: BoundParameters,
): string {
  const [low, high] = [parameters.bind(min, 'Float64'), parameters.bind(max, 'Float64')];
  const count = parameters.bind(buckets, 'Float64');
  const fraction = Number.isFinite(max - min)
    ? `(${value} - ${low}) / (${high} - ${low})`
    : `(${value} / 2 - ${low} / 2) / (${high} / 2 - ${low} / 2)`;
  const inside = `least(trunc(${count} * (${fraction})), ${count} - 1) + 1`;
  return `toUInt32(multiIf(${value} < ${low}, 0, ${value} >= ${high}, ${count} + 1, ${inside}))`;
}
