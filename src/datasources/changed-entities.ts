import type { EntityId } from '../domain/identifiers.ts';

/** At least the entities that have changed since a heartbeat, as a snapshot shows them. */
export interface ChangedEntities {
  readonly ids: readonly EntityId[];
  /** A position in the WAL: no other entity is changed by a transaction of the snapshot whose commit is there or beyond. */
  readonly position: bigint;
}
