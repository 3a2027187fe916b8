import type { GroupKeys, GroupValues } from '../../domain/analytics/group.ts';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';
import type { EntitySource as ClickHouseSource } from '../clickhouse/entity-source.ts';
import type { EntitySource as PostgresSource } from '../postgres/reading/entity-source.ts';

/** A value as a driver returns it; from ClickHouse, timestamps are milliseconds since the epoch, as digits. */
export type DriverValue = string | number | boolean | Date | null;

/** The columns of a row that hold the values of its group. */
export type GroupColumns = Readonly<Record<`group_${number}`, DriverValue>>;

/** The names of the columns for these keys. */
export function groupColumns(keys: GroupKeys): string[] {
  return keys.map((_, index) => `group_${index}`);
}

/** Selects the columns, each followed by a comma. Entities that lack one of the keys are left out. */
export function postgresGroups(source: PostgresSource, keys: GroupKeys): string {
  return keys.map((key, index) => `${source.wholeValue(key, 'required')} AS group_${index}, `).join('');
}

export function clickhouseGroups(source: ClickHouseSource, keys: GroupKeys): string {
  return keys
    .map((key, index) => {
      const value = source.wholeValue(key, 'required');
      return `${key.type === 'NUMBER' ? `${value} + 0` : value} AS group_${index}, `; // -0 and 0 are one group
    })
    .join('');
}

/** The group of a row, the same from both engines. */
export function groupOf(keys: GroupKeys, row: GroupColumns): GroupValues {
  return keys.map((key, index) => valueText(key, row[`group_${index}`] ?? ''));
}

/** A value as text. */
export function valueText({ type }: AttributeDefinition, value: Exclude<DriverValue, null>): string {
  if (type === 'TIMESTAMP') return (value instanceof Date ? value : new Date(Number(value))).toISOString();
  // Postgres writes a JSON value that does not fit into its index in a form of its own.
  if (type === 'JSON') return canonicalJson(JSON.parse(String(value)));
  return String(typeof value === 'number' ? value + 0 : value); // -0 becomes 0
}
