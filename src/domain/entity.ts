import type { AttributeId, AttributeValue } from './catalog/attribute.ts';
import type { EntityId } from './identifiers.ts';

/** An entity with all its attributes, as stored in one row. */
export interface EntityRecord {
  readonly id: EntityId;
  readonly type: string;
  /** Starts at 1 and grows by 1 with every write that changes the entity. */
  readonly version: bigint;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** In stored form, keyed by attribute id (decimal digits). */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Milliseconds since the epoch, keyed by attribute id. An attribute not listed was last set when the entity was created. */
  readonly attributeUpdatedAt: Readonly<Record<string, number>>;
}

export function attributeUpdatedAt(entity: EntityRecord, id: AttributeId): Date {
  const touched = entity.attributeUpdatedAt[id];
  return touched === undefined ? entity.createdAt : new Date(touched);
}
