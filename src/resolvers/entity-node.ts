import type { EntityRecord } from '../domain/entity.ts';
import type { LoadedEntity } from '../loaders/entity-loaders.ts';

/** An entity that exists, with what the read that found it measured. */
export type EntityNode = LoadedEntity<EntityRecord>;

/** Null where there is no such entity. */
export function entityNode({ entity, freshness }: LoadedEntity): EntityNode | null {
  return entity && { entity, freshness };
}
