import type { AttributeDefinition, AttributeValue } from '../domain/catalog/attribute.ts';
import type { EntityRecord } from '../domain/entity.ts';
import type { AtlasError } from '../domain/errors.ts';
import type { EntityId, ShardId, TenantId } from '../domain/identifiers.ts';

/** Attributes that are not named keep their value. Values are in stored form and already checked against the definition. */
export interface EntityWrite {
  /** Generated where null: such a row never meets an existing entity. */
  readonly id: EntityId | null;
  readonly type: string;
  readonly set: readonly { readonly attribute: AttributeDefinition; readonly value: AttributeValue }[];
  readonly remove: readonly AttributeDefinition[];
  /** Refused with VERSION_CONFLICT unless the stored version is this; 0: must not exist. Null: last write wins. */
  readonly expectedVersion: bigint | null;
}

export type WriteOutcome =
  | { readonly status: 'CREATED' | 'UPDATED' | 'UNCHANGED'; readonly entity: EntityRecord }
  | { readonly status: 'FAILED'; readonly error: AtlasError };

export interface WriteResult<T> {
  readonly outcome: T;
  /** Positions on the primaries at which the write is visible, per shard that was written. */
  readonly positions: ReadonlyMap<ShardId, bigint>;
}

/** Writes to the primaries. One statement per shard and batch; rows that change nothing write nothing. */
export interface EntityWriter {
  /** Outcomes in the order of `writes`. A shard that is down fails its rows only. The same id twice in a batch is applied in order. */
  upsert(tenantId: TenantId, writes: readonly EntityWrite[]): Promise<WriteResult<readonly WriteOutcome[]>>;
  /** True where the entity existed. @throws AtlasError VERSION_CONFLICT | SHARD_UNAVAILABLE */
  delete(tenantId: TenantId, id: EntityId, expectedVersion: bigint | null): Promise<WriteResult<boolean>>;
}
