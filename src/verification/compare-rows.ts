import type { ShardId } from '../domain/identifiers.ts';
import { changeVersion } from '../replication/change.ts';
import {
  ATTRIBUTE_TABLE,
  type CheckedTable,
  ENTITY_TABLE,
  JSON_TEXTS,
  readable,
  type ValueForm,
  valueName,
} from './checked-columns.ts';
import type { ClickHouseRows, RowPosition } from './clickhouse-copy.ts';
import { type DifferentColumn, type RowDifference, rowText } from './difference.ts';
import type { EntityKey } from './entity-range.ts';
import type { CheckedRow, PostgresRows } from './postgres-rows.ts';

/** A row that differs, but may have been changed after Postgres was read. */
export interface UnsettledRow {
  readonly key: EntityKey;
  readonly attributeId: number | null;
  /** Of the newest that was written of it to ClickHouse. */
  readonly version: bigint;
}

export interface ComparedRows {
  readonly differences: readonly RowDifference[];
  readonly unsettled: readonly UnsettledRow[];
}

/**
 * Compares the rows of some entities, of which ClickHouse has at least the commits that the snapshot of Postgres shows. A row that
 * differs is settled if all that was written of it to ClickHouse was committed before `lower`: Postgres has shown every change up
 * to there, so what is in ClickHouse is not newer, and ClickHouse has everything up to there, so it is not older either.
 */
export function compareRows(
  shard: ShardId,
  postgres: PostgresRows,
  clickhouse: ClickHouseRows,
  form: ValueForm,
): ComparedRows {
  const positions = new Map(clickhouse.positions.map((row) => [textOf(row), row]));
  const isOlder = ({ lsn, version }: RowPosition) =>
    postgres.lower !== null && BigInt(lsn) < postgres.lower && BigInt(version) < changeVersion(postgres.lower, 0);
  const differences: RowDifference[] = [];
  const unsettled: UnsettledRow[] = [];
  const compare = (table: CheckedTable, left: readonly CheckedRow[], right: readonly CheckedRow[]) => {
    for (const [row, here, there] of pairs(left, right)) {
      const columns = here !== undefined && there !== undefined ? differentColumns(table, here, there, form) : [];
      const kind = here === undefined ? 'extra' : there === undefined ? 'missing' : 'different';
      if (kind === 'different' && columns.length === 0) continue;
      const key = { tenantId: row.tenant_id, entityId: BigInt(row.entity_id) };
      const attributeId = row.attribute_id ?? null;
      const newest = positions.get(textOf(row));
      if (newest === undefined || isOlder(newest)) differences.push({ shard, key, attributeId, kind, columns });
      else unsettled.push({ key, attributeId, version: BigInt(newest.version) });
    }
  };
  compare(ENTITY_TABLE, postgres.entities, clickhouse.entities);
  compare(ATTRIBUTE_TABLE, postgres.attributes, clickhouse.attributes);
  return { differences, unsettled };
}

type Pair = readonly [row: CheckedRow, postgres: CheckedRow | undefined, clickhouse: CheckedRow | undefined];

function pairs(left: readonly CheckedRow[], right: readonly CheckedRow[]): Pair[] {
  const others = new Map(right.map((row) => [textOf(row), row]));
  const found = left.map((row): Pair => {
    const text = textOf(row);
    const other = others.get(text);
    others.delete(text);
    return [row, row, other];
  });
  return [...found, ...[...others.values()].map((row): Pair => [row, undefined, row])];
}

function textOf({ tenant_id, entity_id, attribute_id }: CheckedRow | RowPosition): string {
  return rowText(tenant_id, entity_id, attribute_id ?? null);
}

function differentColumns(
  { name, columns }: CheckedTable,
  here: CheckedRow,
  there: CheckedRow,
  form: ValueForm,
): DifferentColumn[] {
  const compared = name === 'entity' ? [...columns, JSON_TEXTS] : columns;
  return compared.flatMap((column) => {
    const postgres = (here[valueName(column)] ?? null) as string | null;
    const clickhouse = (there[valueName(column)] ?? null) as string | null;
    if (postgres === clickhouse) return [];
    const show = (text: string | null) => (form === 'digest' || text === null ? text : readable(text, column.kind));
    return [{ column: column.name, postgres: show(postgres), clickhouse: show(clickhouse) }];
  });
}
