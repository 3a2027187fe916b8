import type { AttributeId, AttributeValue } from './catalog/attribute.ts';
import type { EntityId, ShardId } from './identifiers.ts';

export const CHANGE_OPERATIONS = ['CREATED', 'UPDATED', 'DELETED', 'ERASED'] as const;
export type ChangeOperation = (typeof CHANGE_OPERATIONS)[number];

/** What a change did to one attribute. */
export interface ValueChange {
  readonly attributeId: AttributeId;
  /** Undefined: the entity did not have it. */
  readonly before: AttributeValue | undefined;
  /** Undefined: the entity does not have it any more. */
  readonly after: AttributeValue | undefined;
}

/** One change of one entity by a writer. */
export interface EntityChangeRecord {
  readonly entityId: EntityId;
  /** Null of an erasure. */
  readonly type: string | null;
  /** Of an erasure, its own time. */
  readonly createdAt: Date;
  /** After the change; before a deletion; null of an erasure. */
  readonly version: bigint | null;
  readonly operation: ChangeOperation;
  readonly at: Date;
  /** When the entity was changed before; null of a creation and an erasure. */
  readonly previousAt: Date | null;
  /** Null: unknown. */
  readonly subject: string | null;
  readonly shard: ShardId;
  /** Of the commit. */
  readonly lsn: bigint;
  /** In the order of ids. */
  readonly values: readonly ValueChange[];
}

/** From where on the history of a shard lacks nothing. */
export interface HistoryStart {
  /** Every transaction that committed at this position or later is kept. */
  readonly lsn: bigint;
  /** Everything that was written after this time is kept. */
  readonly at: Date;
}
