import { AtlasError } from '../domain/errors.ts';
import type { EntityOrder, PagePosition } from '../domain/filter/filter.ts';

/** @throws AtlasError BAD_USER_INPUT when the position does not belong to the order. */
export function checkPosition(order: readonly EntityOrder[], position: PagePosition | null): void {
  if (position === null || position.values.length === order.length) return;
  throw new AtlasError('BAD_USER_INPUT', 'The cursor belongs to another order: use cursors of this very query.');
}
