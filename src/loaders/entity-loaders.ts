import DataLoader from 'dataloader';
import { entitiesById } from '../datasources/questions/entities-by-id.ts';
import type { RoutedReads } from '../datasources/routed-reads.ts';
import type { EntityRecord } from '../domain/entity.ts';
import type { EntityId, ShardId, TenantId } from '../domain/identifiers.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import { sameRequirement, satisfies } from '../freshness/satisfies.ts';
import type { ShardMap } from '../sharding/shard-map.ts';

/**
 * The most entities of one statement. Larger batches are split, so that no single result must be complete before its first row
 * can be used; their statements run concurrently.
 */
export const ENTITIES_PER_STATEMENT = 1_000;

/** An entity, or null if it does not exist, with the freshness of the read that established this. */
export interface LoadedEntity<E extends EntityRecord | null = EntityRecord | null> {
  readonly entity: E;
  readonly freshness: ReadFreshness;
}

export interface EntityLoadersOptions {
  readonly reads: RoutedReads;
  readonly shardMap: ShardMap;
  readonly tenantId: TenantId;
}

type RequirementLoader = DataLoader<EntityId, LoadedEntity>;

/**
 * The entities that one request reads. All loads of one tick with one requirement become one statement per shard, and an id is
 * read once per requirement. Never shared between requests.
 */
export class EntityLoaders {
  readonly #options: EntityLoadersOptions;
  /** One per different requirement. They are few, so searching them costs less than building keys. */
  #loaders: { readonly requirement: FreshnessRequirement; readonly loader: RequirementLoader }[] = [];

  constructor(options: EntityLoadersOptions) {
    this.#options = options;
  }

  /** @throws AtlasError if the entity's own shard fails; ids of other shards in the same batch are still served. */
  load(id: EntityId, requirement: FreshnessRequirement): Promise<LoadedEntity> {
    return this.#loaderFor(requirement).load(id);
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

  #loaderFor(requirement: FreshnessRequirement): RequirementLoader {
    const known = this.#loaders.find((other) => sameRequirement(other.requirement, requirement));
    if (known !== undefined) return known.loader;
    const loader = new DataLoader((ids: readonly EntityId[]) => this.#batch(ids, requirement));
    this.#loaders.push({ requirement, loader });
    return loader;
  }

  async #batch(ids: readonly EntityId[], requirement: FreshnessRequirement): Promise<(LoadedEntity | Error)[]> {
    const results = new Map<EntityId, LoadedEntity | Error>();
    const statements = [...this.#options.shardMap.group(ids, (id) => id)].flatMap(([shard, shardIds]) =>
      chunks(shardIds).map((chunk) => this.#read(shard, chunk, requirement, results)),
    );
    await Promise.all(statements);
    return ids.map((id) => results.get(id) ?? new RangeError(`Entity ${id} was not read`));
  }

  async #read(
    shard: ShardId,
    ids: readonly EntityId[],
    requirement: FreshnessRequirement,
    results: Map<EntityId, LoadedEntity | Error>,
  ): Promise<void> {
    const { reads, tenantId } = this.#options;
    try {
      const { data, reads: routes } = await reads.ask(entitiesById({ tenantId, shard, ids }), requirement);
      const freshness = onlyRead(routes);
      for (const id of ids) results.set(id, { entity: null, freshness });
      for (const entity of data) results.set(entity.id, { entity, freshness });
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      for (const id of ids) results.set(id, failure);
    }
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

function onlyRead([read]: readonly ReadFreshness[]): ReadFreshness {
  if (read === undefined) throw new RangeError('A routed answer came without its freshness');
  return read;
}

function chunks(ids: readonly EntityId[]): (readonly EntityId[])[] {
  if (ids.length <= ENTITIES_PER_STATEMENT) return [ids];
  const count = Math.ceil(ids.length / ENTITIES_PER_STATEMENT);
  return Array.from({ length: count }, (_, n) =>
    ids.slice(n * ENTITIES_PER_STATEMENT, (n + 1) * ENTITIES_PER_STATEMENT),
  );
}
