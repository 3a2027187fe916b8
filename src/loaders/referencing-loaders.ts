import DataLoader from 'dataloader';
import { count } from '../datasources/questions/count.ts';
import { type EntityRows, entityPage } from '../datasources/questions/entity-page.ts';
import { groupCounts } from '../datasources/questions/group-counts.ts';
import { type ReferencingQuery, referencingPages } from '../datasources/questions/referencing-pages.ts';
import type { Routed, RoutedReads } from '../datasources/routed-reads.ts';
import type { EntityPageQuery } from '../domain/filter/page-position.ts';
import type { EntityId } from '../domain/identifiers.ts';
import type { FreshnessRequirement } from '../freshness/freshness.ts';
import { sameRequirement } from '../freshness/satisfies.ts';
import type { LoadSchedule } from './load-schedule.ts';

/** What is asked of an entity: which of those that refer to it. */
export interface AskedReferences {
  readonly target: EntityId;
  readonly window: Omit<ReferencingQuery, 'targets'>;
  /** The same as a page, or as what is counted, by itself. */
  readonly alone: EntityPageQuery;
}

type Loaded<T> = Pick<Routed<T>, 'data' | 'reads'>;

interface Kept<T> {
  readonly window: AskedReferences['window'];
  readonly requirement: FreshnessRequirement;
  readonly loader: DataLoader<AskedReferences, Loaded<T>>;
}

/** What one statement answers. */
type Read<T> = (some: readonly AskedReferences[], requirement: FreshnessRequirement) => Promise<Loaded<T>[]>;

export interface ReferencingLoadersOptions {
  readonly reads: RoutedReads;
  /** The most entities of one page, and of one statement. */
  readonly maxPageSize: number;
  readonly schedule: LoadSchedule;
}

const NONE: EntityRows = { rows: [], hasMore: false };

/**
 * What refers to the entities of a list, its first pages and how many there are: of one tick with one window and one requirement by one statement for each
 * shard, as long as it has no more rows than the largest page; further ones run one after the other, as in EntityLoader.
 */
export class ReferencingLoaders {
  readonly #options: ReferencingLoadersOptions;
  readonly #pages: Kept<EntityRows>[] = [];
  readonly #counts: Kept<bigint>[] = [];

  constructor(options: ReferencingLoadersOptions) {
    this.#options = options;
  }

  firstPage(asked: AskedReferences, requirement: FreshnessRequirement): Promise<Loaded<EntityRows>> {
    const read: Read<EntityRows> = (some, bound) => this.#readPages(some, bound);
    return this.#loaderFor(this.#pages, asked, requirement, asked.window.limit + 1, read).load(asked);
  }

  count(asked: AskedReferences, requirement: FreshnessRequirement): Promise<Loaded<bigint>> {
    const read: Read<bigint> = (some, bound) => this.#readCounts(some, bound);
    return this.#loaderFor(this.#counts, asked, requirement, 1, read).load(asked);
  }

  /** @param rows that a statement has for each target, at most. */
  #loaderFor<T>(
    kept: Kept<T>[],
    { window }: AskedReferences,
    requirement: FreshnessRequirement,
    rows: number,
    read: Read<T>,
  ): DataLoader<AskedReferences, Loaded<T>> {
    const known = kept.find((other) => isSame(other.window, window) && sameRequirement(other.requirement, requirement));
    if (known !== undefined) return known.loader;
    const size = Math.max(1, Math.floor(this.#options.maxPageSize / rows));
    const readAll = async (all: readonly AskedReferences[]) => {
      const loaded: (Loaded<T> | Error)[] = [];
      for (let from = 0; from < all.length; from += size) {
        const some = all.slice(from, from + size);
        loaded.push(...(await read(some, requirement).catch((error: unknown) => some.map(() => asError(error)))));
      }
      return loaded;
    };
    // What is asked for again after a write has changed.
    const loader = new DataLoader(readAll, { cache: false, batchScheduleFn: this.#options.schedule.whenComplete });
    kept.push({ window, requirement, loader });
    return loader;
  }

  async #readPages(some: readonly AskedReferences[], requirement: FreshnessRequirement): Promise<Loaded<EntityRows>[]> {
    const { first, targets } = together(some);
    if (targets.length === 1) {
      const page = await this.#options.reads.ask(entityPage(first.alone), requirement);
      return some.map(() => page);
    }
    const { data, reads } = await this.#options.reads.ask(referencingPages({ ...first.window, targets }), requirement);
    return some.map(({ target }) => ({ data: data.get(target) ?? NONE, reads }));
  }

  async #readCounts(some: readonly AskedReferences[], requirement: FreshnessRequirement): Promise<Loaded<bigint>[]> {
    const { first, targets } = together(some);
    const { tenantId, attribute } = first.window;
    if (targets.length === 1) {
      const counted = await this.#options.reads.ask(
        count({ tenantId, type: null, filter: first.alone.filter }),
        requirement,
      );
      return some.map(() => counted);
    }
    const filter = { kind: 'attribute', attribute, predicate: { operator: 'in', operands: targets } } as const;
    const bounds = { first: targets.length, maxGroups: targets.length };
    const question = groupCounts({ tenantId, type: null, filter, groupBy: [attribute], ...bounds });
    const { data, reads } = await this.#options.reads.ask(question, requirement);
    const counts = new Map(data.groups.map(({ group, count: entities }) => [group[0], entities]));
    return some.map(({ target }) => ({ data: counts.get(target) ?? 0n, reads }));
  }
}

function together(some: readonly AskedReferences[]): { first: AskedReferences; targets: readonly EntityId[] } {
  const [first] = some;
  if (first === undefined) throw new RangeError('Nothing was asked for');
  return { first, targets: [...new Set(some.map(({ target }) => target))] };
}

function isSame(a: AskedReferences['window'], b: AskedReferences['window']): boolean {
  return a.attribute === b.attribute && a.limit === b.limit && a.projection === b.projection;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
