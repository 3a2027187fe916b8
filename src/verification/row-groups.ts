/** What a table holds of one tenant, and of one type or attribute, within a range. */
export interface RowGroup {
  readonly tenantId: number;
  /** The entity type, or the id of the attribute. */
  readonly name: string;
  readonly rows: number;
  /** The sum of the rows' hashes modulo 2^64. */
  readonly checksum: bigint;
}

/** A group as either engine returns it. */
export interface RowGroupRow {
  readonly tenant_id: number;
  readonly name: string;
  readonly rows: string;
  readonly checksum: string;
}

export function rowGroup({ tenant_id, name, rows, checksum }: RowGroupRow): RowGroup {
  return { tenantId: tenant_id, name, rows: Number(rows), checksum: BigInt.asUintN(64, BigInt(checksum)) };
}

/** Whether both sides hold the same groups with the same rows. */
export function areEqual(a: readonly RowGroup[], b: readonly RowGroup[]): boolean {
  if (a.length !== b.length) return false;
  const known = new Map(a.map((group) => [`${group.tenantId}/${group.name}`, group]));
  return b.every(({ tenantId, name, rows, checksum }) => {
    const other = known.get(`${tenantId}/${name}`);
    return other !== undefined && other.rows === rows && other.checksum === checksum;
  });
}

export function totalRows(groups: readonly RowGroup[]): number {
  return groups.reduce((sum, { rows }) => sum + rows, 0);
}
