import type { AttributeLookup } from '../domain/catalog/attribute.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { DifferentColumn, RowDifference } from './difference.ts';
import type { PassTotals } from './verify-shard.ts';

/** A difference as it is reported. It survives JSON. */
export interface NamedDifference {
  readonly shard: ShardId;
  readonly tenant: number;
  readonly entity: string;
  /** The key of the attribute, `#<id>` if the catalog does not know it; null for the row of the entity itself. */
  readonly attribute: string | null;
  readonly kind: RowDifference['kind'];
  readonly columns: readonly DifferentColumn[];
  /** Null if no repair was tried. */
  readonly repaired: boolean | null;
}

export interface ShardResult extends PassTotals {
  readonly shard: ShardId;
  readonly seconds: number;
  /** Why the shard was not compared to the end; null if it was. */
  readonly failure: string | null;
}

/** What a verification tells while it runs. */
export type VerificationEvent =
  | {
      readonly kind: 'progress';
      readonly shard: ShardId;
      readonly entities: number;
      /** From 0 to 1; null if it is not known how many entities there are. */
      readonly fraction: number | null;
    }
  | { readonly kind: 'difference'; readonly difference: NamedDifference }
  | { readonly kind: 'shard'; readonly result: ShardResult };

export function nameDifference(
  { shard, key, attributeId, kind, columns }: RowDifference,
  repaired: boolean | null,
  attributes: Pick<AttributeLookup, 'byId'>,
): NamedDifference {
  const attribute = attributeId === null ? null : (attributes.byId(attributeId)?.key ?? `#${attributeId}`);
  return { shard, tenant: key.tenantId, entity: String(key.entityId), attribute, kind, columns, repaired };
}

/** One line. */
export function describeDifference({
  shard,
  tenant,
  entity,
  attribute,
  kind,
  columns,
  repaired,
}: NamedDifference): string {
  const what = attribute === null ? '' : `, attribute ${JSON.stringify(attribute)}`;
  const values = columns.map(
    ({ column, postgres, clickhouse }) => `${column}: Postgres ${postgres}, ClickHouse ${clickhouse}`,
  );
  const details = values.length === 0 ? WORDS[kind] : `${WORDS[kind]} (${values.join('; ')})`;
  const outcome = repaired === null ? '' : repaired ? '; repaired' : '; NOT repaired';
  return `shard ${shard}, tenant ${tenant}, entity ${entity}${what}: ${details}${outcome}`;
}

const WORDS: Readonly<Record<RowDifference['kind'], string>> = {
  missing: 'missing in ClickHouse',
  extra: 'not in Postgres',
  different: 'different',
  future: 'has a position beyond the end of the WAL in ClickHouse',
};
