import type { AttributeId, AttributeValue } from './catalog/attribute.ts';
import { type EntityRecord, type WholeEntity, whole } from './entity.ts';
import type { ChangeOperation } from './entity-change.ts';
import type { EntityId } from './identifiers.ts';

/** What is known of an entity around a moment: of the last life that had begun by then. */
export interface EntityPast {
  /** When that life began. */
  readonly createdAt: Date;
  readonly type: string;
  /** Its last change up to the moment; null: there is none in the history. */
  readonly last: { readonly version: bigint; readonly operation: ChangeOperation; readonly at: Date } | null;
  /** Its first change after the moment; null: there is none. */
  readonly next: { readonly version: bigint; readonly operation: ChangeOperation; readonly previousAt: Date } | null;
  /** Of each attribute that has changed after the moment, what it was. */
  readonly undone: ReadonlyMap<AttributeId, UndoneValue>;
  /** The entity was erased since. */
  readonly isErased: boolean;
}

export interface UndoneValue {
  /** Undefined: the entity did not have it. */
  readonly value: AttributeValue | undefined;
  /** When it was set, in milliseconds since the epoch; null: when the entity was created. */
  readonly setAt: number | null;
}

/**
 * An entity as it was at a moment: as it is, with the changes since undone. A life that has ended is known from its deletion alone, which has all values.
 * @param record as it is, whole; null if it does not exist. Every change that has led to it must be among those of `past`.
 * @param past undefined if nothing is known of a life that had begun by then.
 * @param hasBegun whether a life that began at this time had begun by then.
 * @returns null if it did not exist, or has been erased.
 */
export function pastEntity(
  id: EntityId,
  record: EntityRecord | null,
  past: EntityPast | undefined,
  hasBegun: (createdAt: Date) => boolean,
): WholeEntity | null {
  const current = record && whole(record);
  const isUnchanged = current !== null && hasBegun(current.createdAt);
  if (past === undefined) return isUnchanged ? current : null;
  if (past.isErased) return null;
  const { last, next, undone } = past;
  // A life without a change in the history began before that, and goes on.
  if (isUnchanged && current.createdAt > past.createdAt) return current;
  if (last?.operation === 'DELETED') return null;
  const isCurrent = current !== null && current.createdAt.getTime() === past.createdAt.getTime();
  if (next === null) return isCurrent ? current : null;
  // Captured without its time, it seems to have happened after the entity began.
  if (next.operation === 'CREATED') return null;
  const attributes: Record<string, AttributeValue> = { ...(isCurrent ? current.attributes : {}) };
  const attributeUpdatedAt: Record<string, number> = { ...(isCurrent ? current.attributeUpdatedAt : {}) };
  for (const [id, { value, setAt }] of undone) {
    if (value === undefined) delete attributes[id];
    else attributes[id] = value;
    if (value === undefined || setAt === null) delete attributeUpdatedAt[id];
    else attributeUpdatedAt[id] = setAt;
  }
  return {
    id,
    type: past.type,
    version: last?.version ?? (next.operation === 'DELETED' ? next.version : next.version - 1n),
    createdAt: past.createdAt,
    updatedAt: last?.at ?? next.previousAt,
    attributes,
    attributeUpdatedAt,
  };
}
