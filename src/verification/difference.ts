import type { AttributeId } from '../domain/catalog/attribute.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { compareKeys, type EntityKey } from './entity-range.ts';

/** A column in which the two rows differ: digests of the values, or the values themselves where they were asked for. */
export interface DifferentColumn {
  readonly column: string;
  /** Null if the value is null. */
  readonly postgres: string | null;
  readonly clickhouse: string | null;
}

/**
 * One row that ClickHouse should have as Postgres has it, and does not. `missing`: only Postgres has it. `extra`: only ClickHouse
 * has it. `different`: both have it, with different values. `future`: ClickHouse has it with a version beyond the end of the
 * primary's WAL, so that it would win over every later change.
 */
export interface RowDifference {
  readonly shard: ShardId;
  readonly key: EntityKey;
  /** Null for the row of the entity itself. */
  readonly attributeId: AttributeId | null;
  readonly kind: 'missing' | 'extra' | 'different' | 'future';
  /** For `different` only. */
  readonly columns: readonly DifferentColumn[];
}

/** Identifies the row within the shard. */
export function rowText(tenantId: number, entityId: bigint | string, attributeId: AttributeId | null): string {
  return `${tenantId}/${entityId}/${attributeId ?? ''}`;
}

/** For sorting: by entity, its own row first. */
export function compareDifferences(a: RowDifference, b: RowDifference): number {
  return compareKeys(a.key, b.key) || (a.attributeId ?? -1) - (b.attributeId ?? -1);
}
