import type { EntityOrder, Operand } from '../../domain/filter/filter.ts';
import type { EntityId } from '../../domain/identifiers.ts';
import { compareUtf8 } from '../../lib/compare-utf8.ts';
import type { EntityPageQuery, PositionedEntity } from '../entity-reader.ts';

/**
 * The page that one source over all shards would give: the pages of the shards, each in forward order, merged in that
 * order; of a backward page, the last `limit`. Sorting is a merge here: the engine's sort finds the runs.
 */
export function mergePages(
  { order, direction, limit }: Pick<EntityPageQuery, 'order' | 'direction' | 'limit'>,
  pages: readonly (readonly PositionedEntity[])[],
): readonly PositionedEntity[] {
  const [only] = pages;
  if (only !== undefined && pages.length === 1) return only;
  const merged = pages.flat().sort((a, b) => comparePositions(order, a, b));
  return direction === 'FORWARD' ? merged.slice(0, limit) : merged.slice(Math.max(0, merged.length - limit));
}

function comparePositions(order: readonly EntityOrder[], a: PositionedEntity, b: PositionedEntity): number {
  for (const [index, by] of order.entries()) {
    const byId = by.kind === 'field' && by.field === 'id';
    const difference = byId
      ? signed(compareIds(a.position.id, b.position.id), by)
      : compareValues(a.position.values[index] ?? null, b.position.values[index] ?? null, by);
    if (difference !== 0) return difference;
  }
  return compareIds(a.position.id, b.position.id);
}

/** Absent values come last in either direction. */
function compareValues(a: Operand | null, b: Operand | null, by: EntityOrder): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === 'string' && typeof b === 'string') return signed(compareUtf8(a, b), by);
  return signed(Number(a) - Number(b), by);
}

function signed(difference: number, { direction }: EntityOrder): number {
  return direction === 'ASC' ? difference : -difference;
}

/** Canonical decimal digits: the longer is the larger. */
function compareIds(a: EntityId, b: EntityId): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
