import type { AttributeId, AttributeValue } from './catalog/attribute.ts';
import type { EntityId } from './identifiers.ts';

/** An entity with all its attributes, as one row holds it. */
export interface EntityRecord {
  readonly id: EntityId;
  readonly type: string;
  /** Starts at 1, grows by 1 with every write that changes something. */
  readonly version: bigint;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Keyed by attribute id (decimal digits). */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Milliseconds since the epoch by attribute id; an attribute not in here was last set when the entity was created. */
  readonly attributeUpdatedAt: Readonly<Record<string, number>>;
}

export function attributeUpdatedAt(entity: EntityRecord, id: AttributeId): Date {
  const touched = entity.attributeUpdatedAt[id];
  return touched === undefined ? entity.createdAt : new Date(touched);
}
