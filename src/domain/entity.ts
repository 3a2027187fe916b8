import type { AttributeId, AttributeValue } from './catalog/attribute.ts';
import type { EntityProjection } from './entity-projection.ts';
import type { EntityId } from './identifiers.ts';
import { ProjectedAttributes, type StoredAttributes } from './projected-attributes.ts';

/** Which of its states an entity is in. */
export interface EntityStamp {
  /** Starts at 1 and grows by 1 with every write that changes the entity. */
  readonly version: bigint;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** An entity with its attributes, as stored in one row. Its stamp is here unless a projection leaves it out. */
export interface EntityRecord extends Partial<EntityStamp> {
  readonly id: EntityId;
  readonly type: string;
  /** All of them, or what a projection asks for; see `attributeOf`. */
  readonly attributes: StoredAttributes | ProjectedAttributes;
  /** Milliseconds since the epoch, keyed by attribute id. An attribute not listed was last set when the entity was created. */
  readonly attributeUpdatedAt: Readonly<Record<string, number>>;
}

export type StampedEntity = EntityRecord & EntityStamp;

/** With all its attributes. */
export type WholeEntity = StampedEntity & { readonly attributes: StoredAttributes };

/** @throws Error if the entity was read without its stamp. */
export function stamped(entity: EntityRecord): StampedEntity {
  if (isStamped(entity)) return entity;
  throw new Error(`Entity ${entity.id} was read without its version and times; its projection must have a stamp`);
}

function isStamped(entity: EntityRecord): entity is StampedEntity {
  return entity.version !== undefined;
}

/** Whether what is asked for is here, as far as the entity has it. */
export function hasRead({ attributes }: EntityRecord, wanted: EntityProjection | undefined): boolean {
  if (!(attributes instanceof ProjectedAttributes) || attributes.projection === wanted) return true;
  return wanted !== undefined && attributes.projection.covers(wanted);
}

/** In stored form; undefined if the entity does not have it, or if it was read without it. */
export function attributeOf({ attributes }: EntityRecord, id: AttributeId): AttributeValue | undefined {
  return attributes instanceof ProjectedAttributes ? attributes.get(id) : attributes[id];
}

/** @throws Error if the entity was read with a projection. */
export function whole(entity: EntityRecord): WholeEntity {
  if (isWhole(entity)) return entity;
  throw new Error(`Entity ${entity.id} was read in part only`);
}

function isWhole(entity: EntityRecord): entity is WholeEntity {
  return isStamped(entity) && !(entity.attributes instanceof ProjectedAttributes);
}

export function attributeUpdatedAt(entity: EntityRecord, id: AttributeId): Date {
  const touched = entity.attributeUpdatedAt[id];
  return touched === undefined ? stamped(entity).createdAt : new Date(touched);
}
