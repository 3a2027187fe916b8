import type { AttributeId } from './catalog/attribute.ts';
import type { EntityId, ShardId } from './identifiers.ts';

export const AUDIT_OPERATIONS = [
  'CREATE_ENTITY',
  'UPDATE_ENTITY',
  'DELETE_ENTITY',
  'DEFINE_ATTRIBUTE',
  'UPDATE_ATTRIBUTE',
  'RETIRE_ATTRIBUTE',
  'RESTORE_ATTRIBUTE',
  'DELETE_ATTRIBUTE',
  'DESCRIBE_ENTITY_TYPE',
  'ERASE_ENTITY',
  'ERASE_TENANT',
] as const;
export type AuditOperation = (typeof AUDIT_OPERATIONS)[number];

/** One write, as its transaction recorded it. */
export interface AuditEntry {
  readonly shard: ShardId;
  /** Unique within the shard. */
  readonly id: bigint;
  readonly at: Date;
  /** Null: unknown. */
  readonly subject: string | null;
  readonly operation: AuditOperation;
  /** Null for writes that concern no entity, or more than one. */
  readonly entityId: EntityId | null;
  /** The attribute whose definition was written. */
  readonly attributeId: AttributeId | null;
  /** Null: the entity did not exist before. */
  readonly oldVersion: bigint | null;
  /** Null: the entity does not exist any more. */
  readonly newVersion: bigint | null;
}
