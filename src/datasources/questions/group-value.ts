import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';
import type { EntitySource as ClickHouseSource } from '../clickhouse/entity-source.ts';
import type { EntitySource as PostgresSource } from '../postgres/reading/entity-source.ts';

/** The value that entities are grouped by, as SQL. Entities that lack the attribute are left out. Null: one group. */
export function postgresGroup(source: PostgresSource, groupBy: AttributeDefinition | null): string {
  return groupBy === null ? 'NULL::text' : source.wholeValue(groupBy);
}

export function clickhouseGroup(source: ClickHouseSource, groupBy: AttributeDefinition | null): string {
  if (groupBy === null) return 'NULL';
  const group = source.wholeValue(groupBy);
  return groupBy.type === 'NUMBER' ? `${group} + 0` : group; // -0 and 0 are one group
}

/**
 * The value as text, the same from both engines.
 * @param value as the driver returns it; from ClickHouse, timestamps are milliseconds since the epoch, as digits.
 */
export function groupText(
  groupBy: AttributeDefinition | null,
  value: string | number | boolean | Date | null,
): string | null {
  if (groupBy === null || value === null) return null;
  if (groupBy.type === 'TIMESTAMP') return (value instanceof Date ? value : new Date(Number(value))).toISOString();
  // Postgres writes a JSON value that does not fit into its index in a form of its own.
  if (groupBy.type === 'JSON') return canonicalJson(JSON.parse(String(value)));
  return String(typeof value === 'number' ? value + 0 : value); // -0 becomes 0
}
