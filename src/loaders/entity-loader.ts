import DataLoader from 'dataloader';
import { entitiesById } from '../datasources/questions/entities-by-id.ts';
import type { RoutedReads } from '../datasources/routed-reads.ts';
import type { EntityRecord } from '../domain/entity.ts';
import type { EntityProjection } from '../domain/entity-projection.ts';
import type { EntityId, ShardId, TenantId } from '../domain/identifiers.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import type { ShardMap } from '../sharding/shard-map.ts';
import type { LoadSchedule } from './load-schedule.ts';

/**
 * The most entities of one statement. Those of a larger batch run one after the other on each shard: at once, they would take the
 * processors of the server from what other tenants read.
 */
export const ENTITIES_PER_STATEMENT = 1_000;

/** An entity, or null if it does not exist, with the freshness of the read that established this. */
export interface LoadedEntity<E extends EntityRecord | null = EntityRecord | null> {
  readonly entity: E;
  readonly freshness: ReadFreshness;
  /** The entity is shown as it was, and so are all its fields; undefined: as it is. */
  readonly isPast?: true;
}

export function exists(loaded: LoadedEntity): loaded is LoadedEntity<EntityRecord> {
  return loaded.entity !== null;
}

export interface EntityLoaderOptions {
  readonly reads: RoutedReads;
  readonly shardMap: ShardMap;
  readonly tenantId: TenantId;
  readonly schedule: LoadSchedule;
}

/**
 * The entities that one request reads with one requirement and one projection. It batches lists of ids, not ids: a promise for each of thousands of
 * entities would take longer than everything else that is done for it.
 */
export class EntityLoader {
  readonly #options: EntityLoaderOptions;
  readonly #requirement: FreshnessRequirement;
  readonly #projection: EntityProjection | undefined;
  readonly #lists: DataLoader<readonly EntityId[], void>;
  readonly #loaded = new Map<EntityId, LoadedEntity | Error>();
  readonly #loading = new Map<EntityId, Promise<void>>();

  constructor(options: EntityLoaderOptions, requirement: FreshnessRequirement, projection?: EntityProjection) {
    this.#options = options;
    this.#requirement = requirement;
    this.#projection = projection;
    this.#lists = new DataLoader((lists) => this.#batch(lists), {
      cache: false,
      batchScheduleFn: options.schedule.whenComplete,
    });
  }

  /** In the order of the ids; an error for each whose shard fails. */
  async load(ids: readonly EntityId[]): Promise<(LoadedEntity | Error)[]> {
    const missing: EntityId[] = [];
    const awaited = new Set<Promise<void>>();
    for (const id of ids) {
      if (this.#loaded.has(id)) continue;
      const loading = this.#loading.get(id);
      if (loading === undefined) missing.push(id);
      else awaited.add(loading);
    }
    if (missing.length > 0) {
      const loading = this.#lists.load(missing);
      for (const id of missing) this.#loading.set(id, loading);
      awaited.add(loading);
    }
    await Promise.all(awaited);
    return ids.map((id) => this.#loaded.get(id) ?? new RangeError(`Entity ${id} was not read`));
  }

  /** An entity that has been read otherwise. */
  prime(id: EntityId, loaded: LoadedEntity): void {
    if (!this.#loading.has(id) && !this.#loaded.has(id)) this.#loaded.set(id, loaded);
  }

  async #batch(lists: readonly (readonly EntityId[])[]): Promise<undefined[]> {
    const byShard = this.#options.shardMap.group(new Set(lists.flat()), (id) => id);
    await Promise.all(Array.from(byShard, ([shard, ids]) => this.#readAll(shard, ids)));
    return lists.map(() => undefined);
  }

  async #readAll(shard: ShardId, ids: readonly EntityId[]): Promise<void> {
    for (let start = 0; start < ids.length; start += ENTITIES_PER_STATEMENT) {
      await this.#read(shard, ids.slice(start, start + ENTITIES_PER_STATEMENT));
    }
  }

  async #read(shard: ShardId, ids: readonly EntityId[]): Promise<void> {
    const { reads, tenantId } = this.#options;
    const question = entitiesById({ tenantId, shard, ids, projection: this.#projection });
    try {
      const { data, reads: routes } = await reads.ask(question, this.#requirement);
      const freshness = onlyRead(routes);
      for (const entity of data) this.#loaded.set(entity.id, { entity, freshness });
      const none = { entity: null, freshness };
      for (const id of ids) if (!this.#loaded.has(id)) this.#loaded.set(id, none);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      for (const id of ids) this.#loaded.set(id, failure);
    }
  }
}

function onlyRead([read]: readonly ReadFreshness[]): ReadFreshness {
  if (read === undefined) throw new RangeError('A routed answer came without its freshness');
  return read;
}
