import type { AttributeId, AttributeValue } from './catalog/attribute.ts';
import type { EntityProjection } from './entity-projection.ts';
import type { EntityId } from './identifiers.ts';

/** An entity with its attributes, as stored in one row. */
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
  /** What of the attributes is here; undefined: all of them. */
  readonly projection?: EntityProjection;
}

/** Whether what is asked for is here, as far as the entity has it. */
export function hasRead({ projection }: EntityRecord, wanted: EntityProjection | undefined): boolean {
  if (projection === undefined || projection === wanted) return true;
  return wanted !== undefined && projection.covers(wanted);
}

export function attributeUpdatedAt(entity: EntityRecord, id: AttributeId): Date {
  const touched = entity.attributeUpdatedAt[id];
  return touched === undefined ? entity.createdAt : new Date(touched);
}
