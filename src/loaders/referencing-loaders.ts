import DataLoader from 'dataloader';
import { type EntityRows, entityPage } from '../datasources/questions/entity-page.ts';
import { type ReferencingQuery, referencingPages } from '../datasources/questions/referencing-pages.ts';
import type { Routed, RoutedReads } from '../datasources/routed-reads.ts';
import type { EntityPageQuery } from '../domain/filter/page-position.ts';
import type { EntityId } from '../domain/identifiers.ts';
import type { FreshnessRequirement } from '../freshness/freshness.ts';
import { sameRequirement } from '../freshness/satisfies.ts';

/** Which of the entities that refer to a target. */
export type ReferencingWindow = Omit<ReferencingQuery, 'targets'>;

type LoadedRows = Pick<Routed<EntityRows>, 'data' | 'reads'>;

/** The first page of what refers to an entity. */
interface Asked {
  readonly target: EntityId;
  /** The same page, by itself. */
  readonly alone: EntityPageQuery;
}

interface Kept {
  readonly window: ReferencingWindow;
  readonly requirement: FreshnessRequirement;
  readonly loader: DataLoader<Asked, LoadedRows>;
}

export interface ReferencingLoadersOptions {
  readonly reads: RoutedReads;
  /** The most entities of one page, and of one statement. */
  readonly maxPageSize: number;
}

const NONE: EntityRows = { rows: [], hasMore: false };

/**
 * The first pages of what refers to the entities of a list: those of one tick with one window and one requirement by one statement for each shard, as long as
 * it has no more rows than the largest page; further ones run one after the other, as in EntityLoader.
 */
export class ReferencingLoaders {
  readonly #options: ReferencingLoadersOptions;
  readonly #loaders: Kept[] = [];

  constructor(options: ReferencingLoadersOptions) {
    this.#options = options;
  }

  load(asked: Asked, window: ReferencingWindow, requirement: FreshnessRequirement): Promise<LoadedRows> {
    const known = this.#loaders.find(
      (other) => isSame(other.window, window) && sameRequirement(other.requirement, requirement),
    );
    if (known !== undefined) return known.loader.load(asked);
    const load = (all: readonly Asked[]) => this.#readAll(all, window, requirement);
    // What is asked for again after a write has changed.
    const loader = new DataLoader(load, { cache: false });
    this.#loaders.push({ window, requirement, loader });
    return loader.load(asked);
  }

  async #readAll(
    all: readonly Asked[],
    window: ReferencingWindow,
    requirement: FreshnessRequirement,
  ): Promise<(LoadedRows | Error)[]> {
    const size = Math.max(1, Math.floor(this.#options.maxPageSize / (window.limit + 1)));
    const loaded: (LoadedRows | Error)[] = [];
    for (let from = 0; from < all.length; from += size) {
      const some = all.slice(from, from + size);
      try {
        loaded.push(...(await this.#read(some, window, requirement)));
      } catch (error) {
        const failure = error instanceof Error ? error : new Error(String(error));
        loaded.push(...some.map(() => failure));
      }
    }
    return loaded;
  }

  async #read(
    some: readonly Asked[],
    window: ReferencingWindow,
    requirement: FreshnessRequirement,
  ): Promise<LoadedRows[]> {
    const { reads } = this.#options;
    const [first] = some;
    const targets = [...new Set(some.map(({ target }) => target))];
    if (first !== undefined && targets.length === 1) {
      const page = await reads.ask(entityPage(first.alone), requirement);
      return some.map(() => page);
    }
    const { data, reads: made } = await reads.ask(referencingPages({ ...window, targets }), requirement);
    return some.map(({ target }) => ({ data: data.get(target) ?? NONE, reads: made }));
  }
}

function isSame(a: ReferencingWindow, b: ReferencingWindow): boolean {
  return a.attribute === b.attribute && a.type === b.type && a.limit === b.limit && a.projection === b.projection;
}
