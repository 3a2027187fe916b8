import type { EntityProjection } from '../entity-projection.ts';
import type { EntityId } from '../identifiers.ts';
import { isEntityId } from '../identifiers.ts';
import { isStorableMoment, isStorableText } from '../values/storable.ts';
import type { EntityOrder, EntitySelection, Operand } from './filter.ts';

/** The position of an entity in an order: one value per EntityOrder (null: the entity lacks it), then its id. */
export interface PagePosition {
  readonly values: readonly (Operand | null)[];
  readonly id: EntityId;
}

/** Backward is the reversed order, from its end. */
export type ReadDirection = 'FORWARD' | 'BACKWARD';

export interface EntityPageQuery extends EntitySelection {
  /** The entity id, ascending, always breaks ties. Empty: by entity id. */
  readonly order: readonly EntityOrder[];
  /** Only what lies after (FORWARD) or before (BACKWARD) this position, exclusive; null: from the beginning or the end. */
  readonly from: PagePosition | null;
  readonly direction: ReadDirection;
  /** The most entities of the page. */
  readonly limit: number;
  /** What is needed of their attributes; undefined: all of them. */
  readonly projection?: EntityProjection | undefined;
}

/** Whether a stored entity can have this position in the order. A position that comes from a cursor may be forged. */
export function isPositionIn(order: readonly EntityOrder[], id: unknown, values: readonly unknown[]): boolean {
  return (
    typeof id === 'string' &&
    isEntityId(id) &&
    values.length === order.length &&
    order.every((criterion, index) => isSortValue(criterion, values[index]))
  );
}

function isSortValue(criterion: EntityOrder, value: unknown): value is Operand | null {
  if (value === null) return criterion.kind === 'attribute';
  if (criterion.kind === 'field') {
    return criterion.field === 'id' ? typeof value === 'string' && isEntityId(value) : isMoment(value);
  }
  switch (criterion.attribute.type) {
    case 'NUMBER':
      return Number.isFinite(value);
    case 'TIMESTAMP':
      return isMoment(value);
    case 'BOOLEAN':
      return typeof value === 'boolean';
    default:
      return typeof value === 'string' && isStorableText(value);
  }
}

function isMoment(value: unknown): boolean {
  return typeof value === 'number' && isStorableMoment(value);
}
