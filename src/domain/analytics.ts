/** `group` is null where the question has no groupBy. `bucket` follows SQL width_bucket: 0 below min, n+1 at or above max. */
export interface DistributionCell {
  readonly group: string | null;
  readonly bucket: number;
  readonly count: bigint;
}
