import DataLoader from 'dataloader';
import { count } from '../datasources/questions/count.ts';
import { type EntityRows, entityPage } from '../datasources/questions/entity-page.ts';
import { groupCounts } from '../datasources/questions/group-counts.ts';
import { type ReferencingQuery, referencingPages } from '../datasources/questions/referencing-pages.ts';
import type { Routed, RoutedReads } from '../datasources/routed-reads.ts';
import { AtlasError } from '../domain/errors.ts';
import type { EntityPageQuery } from '../domain/filter/page-position.ts';
import type { EntityId } from '../domain/identifiers.ts';
import { outcomeOf } from '../domain/source-error.ts';
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

/** What one statement answers, of different targets, in their order. */
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
 * What is too much for one statement is divided, so that a target that fails by itself does not fail the others.
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
      const each = [...new Map(all.map((asked) => [asked.target, asked])).values()];
      const loaded: (Loaded<T> | Error)[] = [];
      for (let from = 0; from < each.length; from += size) {
        loaded.push(...(await divided(each.slice(from, from + size), (some) => read(some, requirement))));
      }
      const byTarget = new Map(each.map(({ target }, index) => [target, loaded[index]]));
      return all.map(({ target }) => byTarget.get(target) ?? new Error(`Nothing was read for ${target}`));
    };
    // What is asked for again after a write has changed.
    const loader = new DataLoader(readAll, { cache: false, batchScheduleFn: this.#options.schedule.whenComplete });
    kept.push({ window, requirement, loader });
    return loader;
  }

  async #readPages(some: readonly AskedReferences[], requirement: FreshnessRequirement): Promise<Loaded<EntityRows>[]> {
    const first = firstOf(some);
    if (some.length === 1) return [await this.#options.reads.ask(entityPage(first.alone), requirement)];
    const targets = some.map(({ target }) => target);
    const { data, reads } = await this.#options.reads.ask(referencingPages({ ...first.window, targets }), requirement);
    return targets.map((target) => ({ data: data.get(target) ?? NONE, reads }));
  }

  async #readCounts(some: readonly AskedReferences[], requirement: FreshnessRequirement): Promise<Loaded<bigint>[]> {
    const { window, alone } = firstOf(some);
    const { tenantId, attribute } = window;
    if (some.length === 1) {
      return [await this.#options.reads.ask(count({ tenantId, type: null, filter: alone.filter }), requirement)];
    }
    const targets = some.map(({ target }) => target);
    const filter = { kind: 'attribute', attribute, predicate: { operator: 'in', operands: targets } } as const;
    const bounds = { first: targets.length, maxGroups: targets.length };
    const question = groupCounts({ tenantId, type: null, filter, groupBy: [attribute], ...bounds });
    const { data, reads } = await this.#options.reads.ask(question, requirement);
    const counts = new Map(data.groups.map(({ group, count: entities }) => [group[0], entities]));
    return targets.map((target) => ({ data: counts.get(target) ?? 0n, reads }));
  }
}

/** What `read` answers for each; if they are too much for one statement, in several. */
async function divided<T>(
  some: readonly AskedReferences[],
  read: (some: readonly AskedReferences[]) => Promise<T[]>,
): Promise<(T | Error)[]> {
  try {
    return await read(some);
  } catch (error) {
    const size = Math.ceil(some.length / divisor(error, some.length));
    if (size === some.length) return some.map(() => asError(error));
    const parts: Promise<(T | Error)[]>[] = [];
    for (let from = 0; from < some.length; from += size) parts.push(divided(some.slice(from, from + size), read));
    return (await Promise.all(parts)).flat();
  }
}

/** Into how many statements one that failed is divided; 1 if they would fail as well. */
function divisor(error: unknown, targets: number): number {
  // The time of the request would not last for halves of halves.
  if (outcomeOf(error) === 'slow') return targets;
  return error instanceof AtlasError && error.code === 'LIMIT_EXCEEDED' ? 2 : 1;
}

function firstOf([first]: readonly AskedReferences[]): AskedReferences {
  if (first === undefined) throw new RangeError('Nothing was asked for');
  return first;
}

function isSame(a: AskedReferences['window'], b: AskedReferences['window']): boolean {
  return a.attribute === b.attribute && a.limit === b.limit && a.projection === b.projection;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
