import type { Author } from '../domain/caller.ts';
import type { AttributeDefinition, AttributeId, AttributeValue } from '../domain/catalog/attribute.ts';
import type { WholeEntity } from '../domain/entity.ts';
import type { AtlasError } from '../domain/errors.ts';
import type { EntityId } from '../domain/identifiers.ts';
import type { Positions } from '../freshness/positions.ts';

/** Attributes that are not named keep their value. Values are in stored form and satisfy their definitions. */
export interface EntityWrite {
  /** Null generates an id; such a row never meets an existing entity. */
  readonly id: EntityId | null;
  readonly type: string;
  readonly set: readonly { readonly attribute: AttributeDefinition; readonly value: AttributeValue }[];
  readonly remove: readonly AttributeDefinition[];
  /** VERSION_CONFLICT unless the stored version is this; 0 requires that the entity does not exist. Null: last write wins. */
  readonly expectedVersion: bigint | null;
  /** The unique attribute of the type, without which no entity is created; absent: the type has none. If it is set, `id` is derived from its value. */
  readonly key?: AttributeId;
}

export interface EntityLimits {
  /** Maximum size of all attributes of one entity as jsonb, uncompressed. */
  readonly maxEntityBytes: number;
}

export type WriteOutcome =
  | {
      readonly status: 'CREATED' | 'UPDATED' | 'UNCHANGED';
      readonly entity: WholeEntity;
      /** Set if the shard's position could not be read after the write: `positions` does not cover this row. */
      readonly uncovered?: AtlasError;
    }
  | { readonly status: 'FAILED'; readonly error: AtlasError };

export interface WriteResult<T> {
  readonly outcome: T;
  /** For each shard written to, the position on its primary at which the write is visible. */
  readonly positions: Positions;
}

/**
 * Writes to the primaries, one statement per shard and batch, which records the writes in the audit too. Rows that change nothing
 * write nothing. Once `signal` aborts, running
 * statements are cancelled: whether they have written is then unknown.
 */
export interface EntityWriter {
  /**
   * Returns outcomes in the order of `writes`. Rows with the same id are applied in order. A shard that is down fails only its
   * own rows; LIMIT_EXCEEDED fails a row that would make its entity larger than EntityLimits allow.
   */
  upsert(
    author: Author,
    writes: readonly EntityWrite[],
    signal?: AbortSignal,
  ): Promise<WriteResult<readonly WriteOutcome[]>>;
  /** True if the entity existed. @throws AtlasError VERSION_CONFLICT | SHARD_UNAVAILABLE | TIMEOUT */
  delete(
    author: Author,
    id: EntityId,
    expectedVersion: bigint | null,
    signal?: AbortSignal,
  ): Promise<WriteResult<boolean>>;
}
