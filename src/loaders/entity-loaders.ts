import type { EntityRecord } from '../domain/entity.ts';
import type { EntityId } from '../domain/identifiers.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import { sameRequirement, satisfies } from '../freshness/satisfies.ts';
import { EntityLoader, type EntityLoaderOptions, type LoadedEntity } from './entity-loader.ts';

/**
 * The entities that one request reads. All loads of one tick with one requirement become one statement per shard, and an id is
 * read once per requirement. Never shared between requests.
 */
export class EntityLoaders {
  readonly #options: EntityLoaderOptions;
  /** One per different requirement. They are few, so searching them costs less than building keys. */
  #loaders: { readonly requirement: FreshnessRequirement; readonly loader: EntityLoader }[] = [];

  constructor(options: EntityLoaderOptions) {
    this.#options = options;
  }

  /** @throws AtlasError if the entity's own shard fails; ids of other shards in the same batch are still served. */
  async load(id: EntityId, requirement: FreshnessRequirement): Promise<LoadedEntity> {
    const [loaded] = await this.loadMany([id], requirement);
    if (loaded === undefined) throw new RangeError(`Entity ${id} was not loaded`);
    if (loaded instanceof Error) throw loaded;
    return loaded;
  }

  /** In the order of the ids; an error for each whose shard fails. */
  loadMany(ids: readonly EntityId[], requirement: FreshnessRequirement): Promise<(LoadedEntity | Error)[]> {
    return this.#loaderFor(requirement).load(ids);
  }

  /**
   * The entity for a field with its own requirement: the given one if it was read fresh enough, otherwise that of a further read.
   * A field without one uses the given entity.
   */
  atLeast(held: LoadedEntity<EntityRecord>, requirement: FreshnessRequirement): LoadedEntity | Promise<LoadedEntity> {
    return satisfies(held.freshness, requirement) ? held : this.load(held.entity.id, requirement);
  }

  /** Gives each entity of a page the freshness of the read it came from, and saves later loads of it a statement. */
  prime(
    entities: readonly EntityRecord[],
    reads: readonly ReadFreshness[],
    requirement: FreshnessRequirement,
  ): readonly LoadedEntity<EntityRecord>[] {
    const loader = this.#loaderFor(requirement);
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

  #loaderFor(requirement: FreshnessRequirement): EntityLoader {
    const known = this.#loaders.find((other) => sameRequirement(other.requirement, requirement));
    if (known !== undefined) return known.loader;
    const loader = new EntityLoader(this.#options, requirement);
    this.#loaders.push({ requirement, loader });
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
