import type { DistributionCell } from '../domain/analytics.ts';
import type { AttributeDefinition } from '../domain/attribute.ts';
import { compareUtf8 } from '../lib/compare-utf8.ts';

/** A group's value as text, the same from every engine: timestamps come as milliseconds since the epoch. */
export function groupText(
  attribute: AttributeDefinition | null,
  value: string | number | boolean | null,
): string | null {
  if (attribute === null || value === null) return null;
  return attribute.type === 'TIMESTAMP' ? new Date(Number(value)).toISOString() : String(value);
}

/** By group (bytes of UTF-8), then bucket. */
export function sortCells(cells: DistributionCell[]): DistributionCell[] {
  return cells.sort((a, b) => compareUtf8(a.group ?? '', b.group ?? '') || a.bucket - b.bucket);
}
