import { type EntityRecord, hasRead } from '../domain/entity.ts';
import type { EntityProjection } from '../domain/entity-projection.ts';
import type { EntityId } from '../domain/identifiers.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import { sameRequirement, satisfies } from '../freshness/satisfies.ts';
import { EntityLoader, type EntityLoaderOptions, type LoadedEntity } from './entity-loader.ts';

interface Kept {
  readonly requirement: FreshnessRequirement;
  readonly projection: EntityProjection | undefined;
  readonly loader: EntityLoader;
}

/**
 * The entities that one request reads. All loads of one tick with one requirement and one projection become one statement per shard, and an id is
 * read once with both. Never shared between requests.
 */
export class EntityLoaders {
  readonly #options: EntityLoaderOptions;
  /** One per different requirement and projection. They are few, so searching them costs less than building keys. */
  #loaders: Kept[] = [];

  constructor(options: EntityLoaderOptions) {
    this.#options = options;
  }

  /** @throws AtlasError if the entity's own shard fails; ids of other shards in the same batch are still served. */
  async load(id: EntityId, requirement: FreshnessRequirement, projection?: EntityProjection): Promise<LoadedEntity> {
    const [loaded] = await this.loadMany([id], requirement, projection);
    if (loaded === undefined) throw new RangeError(`Entity ${id} was not loaded`);
    if (loaded instanceof Error) throw loaded;
    return loaded;
  }

  /** In the order of the ids; an error for each whose shard fails. */
  loadMany(
    ids: readonly EntityId[],
    requirement: FreshnessRequirement,
    projection?: EntityProjection,
  ): Promise<(LoadedEntity | Error)[]> {
    return this.#loaderFor(requirement, projection).load(ids);
  }

  /** Whether an entity was read fresh enough for a field and has what the projection asks for, or is shown as it was at a time. */
  isEnough(
    { entity, freshness, isPast }: LoadedEntity<EntityRecord>,
    requirement: FreshnessRequirement,
    projection?: EntityProjection,
  ): boolean {
    return isPast === true || (satisfies(freshness, requirement) && hasRead(entity, projection));
  }

  /** The entity for a field: the given one if it is enough, otherwise that of a further read. */
  atLeast(
    held: LoadedEntity<EntityRecord>,
    requirement: FreshnessRequirement,
    projection?: EntityProjection,
  ): LoadedEntity | Promise<LoadedEntity> {
    if (this.isEnough(held, requirement, projection)) return held;
    return this.load(held.entity.id, requirement, projection);
  }

  /** Gives each entity of a page the freshness of the read it came from, and saves later loads of it a statement. */
  prime(
    entities: readonly EntityRecord[],
    reads: readonly ReadFreshness[],
    requirement: FreshnessRequirement,
    projection?: EntityProjection,
  ): readonly LoadedEntity<EntityRecord>[] {
    const loader = this.#loaderFor(requirement, projection);
    return entities.map((entity) => {
      const loaded = { entity, freshness: this.#readOf(entity.id, reads) };
      loader.prime(entity.id, loaded);
      return loaded;
    });
  }

  /** Call it after a write, so that later loads read again. */
  forget(): void {
    this.#loaders = [];
  }

  #loaderFor(requirement: FreshnessRequirement, projection: EntityProjection | undefined): EntityLoader {
    const known = this.#loaders.find(
      (other) => other.projection === projection && sameRequirement(other.requirement, requirement),
    );
    if (known !== undefined) return known.loader;
    const loader = new EntityLoader(this.#options, requirement, projection);
    this.#loaders.push({ requirement, projection, loader });
    return loader;
  }

  /** The read of the entity's own shard, or the one over all shards. */
  #readOf(id: EntityId, reads: readonly ReadFreshness[]): ReadFreshness {
    const [first] = reads;
    if (first !== undefined && reads.length === 1) return first;
    const shard = this.#options.shardMap.shardOf(id);
    const own = reads.find((read) => read.shard === shard);
    if (own === undefined) throw new RangeError(`No read of shard ${shard} came with entity ${id}`);
    return own;
  }
}
