import type { DistributionCell } from '../domain/analytics.ts';
import type { AttributeDefinition } from '../domain/catalog/attribute.ts';
import { AtlasError } from '../domain/errors.ts';
import { compareUtf8 } from '../lib/compare-utf8.ts';

/** A group's value as text, the same from every engine: timestamps come as milliseconds since the epoch. */
export function groupText(
  attribute: AttributeDefinition | null,
  value: string | number | boolean | null,
): string | null {
  if (attribute === null || value === null) return null;
  return attribute.type === 'TIMESTAMP' ? new Date(Number(value)).toISOString() : String(value);
}

/**
 * Statements ask for one cell more than there may be, so that a group for every entity does not fill the memory.
 * @throws AtlasError LIMIT_EXCEEDED
 */
export function checkCells(found: number, maxCells: number): void {
  if (found <= maxCells) return;
  throw new AtlasError(
    'LIMIT_EXCEEDED',
    `The distribution has more than ${maxCells} groups and buckets that hold something: group by an attribute with fewer values, or ask for fewer buckets.`,
  );
}

/** By group (bytes of UTF-8), then bucket. */
export function sortCells(cells: DistributionCell[]): DistributionCell[] {
  return cells.sort((a, b) => compareUtf8(a.group ?? '', b.group ?? '') || a.bucket - b.bucket);
}
