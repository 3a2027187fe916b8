import DataLoader from 'dataloader';
import { entityHistory, type HistoryQuery, type HistoryRows } from '../datasources/questions/entity-history.ts';
import type { RoutedReads } from '../datasources/routed-reads.ts';
import type { HistoryStart } from '../domain/entity-change.ts';
import type { EntityId, TenantId } from '../domain/identifiers.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import { sameRequirement } from '../freshness/satisfies.ts';
import type { ShardMap } from '../sharding/shard-map.ts';
import { ENTITIES_PER_STATEMENT } from './entity-loader.ts';
import type { LoadSchedule } from './load-schedule.ts';

/** Which changes of an entity. */
export type HistoryWindow = Omit<HistoryQuery, 'tenantId' | 'entityIds'>;

export interface LoadedHistory extends HistoryRows {
  /** Null: nothing of the entity's shard is kept yet. */
  readonly start: HistoryStart | null;
  readonly reads: readonly ReadFreshness[];
}

interface Kept {
  readonly window: string;
  readonly requirement: FreshnessRequirement;
  readonly loader: DataLoader<EntityId, LoadedHistory>;
}

export interface HistoryLoadersOptions {
  readonly reads: RoutedReads;
  readonly shardMap: ShardMap;
  readonly tenantId: TenantId;
  readonly schedule: LoadSchedule;
}

/** The histories that one request reads: those of one tick with one window and one requirement by one statement. */
export class HistoryLoaders {
  readonly #options: HistoryLoadersOptions;
  readonly #loaders: Kept[] = [];

  constructor(options: HistoryLoadersOptions) {
    this.#options = options;
  }

  load(id: EntityId, window: HistoryWindow, requirement: FreshnessRequirement): Promise<LoadedHistory> {
    const text = JSON.stringify(window, (_name, value) => (typeof value === 'bigint' ? String(value) : value));
    const known = this.#loaders.find(
      (other) => other.window === text && sameRequirement(other.requirement, requirement),
    );
    if (known !== undefined) return known.loader.load(id);
    const loader = new DataLoader((ids: readonly EntityId[]) => this.#read(ids, window, requirement), {
      maxBatchSize: ENTITIES_PER_STATEMENT,
      batchScheduleFn: this.#options.schedule.whenComplete,
    });
    this.#loaders.push({ window: text, requirement, loader });
    return loader.load(id);
  }

  async #read(
    entityIds: readonly EntityId[],
    window: HistoryWindow,
    requirement: FreshnessRequirement,
  ): Promise<LoadedHistory[]> {
    const { reads, shardMap, tenantId } = this.#options;
    const { data, reads: made } = await reads.ask(entityHistory({ ...window, tenantId, entityIds }), requirement);
    return entityIds.map((id) => ({
      ...(data.pages.get(id) ?? { changes: [], hasMore: false }),
      start: data.starts.get(shardMap.shardOf(id)) ?? null,
      reads: made,
    }));
  }
}
