import type { KeyObject } from 'node:crypto';
import { count } from '../datasources/questions/count.ts';
import { type EntityRows, entityPage, type PositionedEntity } from '../datasources/questions/entity-page.ts';
import type { Routed, RoutedReads } from '../datasources/routed-reads.ts';
import type { EntityRecord } from '../domain/entity.ts';
import { type EntityProjection, NO_ATTRIBUTES } from '../domain/entity-projection.ts';
import type { EntityPageQuery, PagePosition } from '../domain/filter/page-position.ts';
import { combineReads } from '../freshness/combine-reads.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import { encodeCursor, queryFingerprint } from './entity-cursor.ts';
import type { PageInfo } from './page-info.ts';

/** What reads pages, or how many entities there are, in another way than by the question of one. */
export interface PageSource {
  read(query: EntityPageQuery): Promise<Pick<Routed<EntityRows>, 'data' | 'reads'>>;
  count?(query: EntityPageQuery): Promise<Pick<Routed<bigint>, 'data' | 'reads'>>;
  /** The entities are shown as they were. */
  readonly isPast: boolean;
}

/** What is selected of a page. */
export interface PageSelection {
  /** Its rows, or what follows from them. */
  readonly rows: boolean;
  readonly totalCount: boolean;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** A further read that a page may need. */
interface FurtherRead<T> {
  readonly value: T;
  readonly reads: readonly ReadFreshness[];
}

/**
 * Reads a page and, concurrently or right after it, whatever else is selected of it. What is not selected is not read.
 * @param source where the rows of the page come from; null: from the sources of entities, as they are.
 * @param targetReads Earlier reads, by which the page is as old as they are.
 * @throws AtlasError as RoutedReads does; a failed further read affects only its own fields.
 */
export async function readEntityPage(
  query: EntityPageQuery,
  selected: PageSelection,
  requirement: FreshnessRequirement,
  reads: RoutedReads,
  signingKey: KeyObject,
  targetReads: readonly ReadFreshness[] = [],
  source: PageSource | null = null,
): Promise<EntityPage> {
  const total = selected.totalCount ? handled(countAll(query, requirement, reads, source)) : null;
  const readPage: ReadPage = (asked) => source?.read(asked) ?? reads.ask(entityPage(asked), requirement);
  const page = selected.rows ? await readPage(query) : NOT_READ;
  const behindIsSelected = query.direction === 'FORWARD' ? selected.hasPreviousPage : selected.hasNextPage;
  // A page that starts at an end of the list has nothing behind it.
  const behind = behindIsSelected && query.from !== null ? handled(lookBehind(query, page.data, readPage)) : null;
  const isPast = source?.isPast ?? false;
  return new EntityPage({ query, requirement, signingKey, targetReads, isPast }, page, total, behind);
}

type ReadPage = PageSource['read'];

const NOT_READ: Pick<Routed<EntityRows>, 'data' | 'reads'> = { data: { rows: [], hasMore: false }, reads: [] };

/** A class, as an object literal with an accessor takes many times as long to make. */
class PageRow {
  readonly entity: EntityRecord;
  readonly #position: PagePosition;
  readonly #fingerprint: string;
  readonly #signingKey: KeyObject;

  constructor({ entity, position }: PositionedEntity, fingerprint: string, signingKey: KeyObject) {
    this.entity = entity;
    this.#position = position;
    this.#fingerprint = fingerprint;
    this.#signingKey = signingKey;
  }

  /** Computed when it is read, because signing takes time and few clients select the cursor of each row. */
  get cursor(): string {
    return encodeCursor(this.#fingerprint, this.#position, this.#signingKey);
  }
}

/** What was asked, and what signs the cursors of the answer. */
export interface PageRequest {
  readonly query: EntityPageQuery;
  readonly requirement: FreshnessRequirement;
  readonly signingKey: KeyObject;
  readonly targetReads: readonly ReadFreshness[];
  /** The entities are shown as they were. */
  readonly isPast: boolean;
}

/** One page of `entities`. */
export class EntityPage implements PageInfo {
  /** In the order of the list, whatever the direction of reading. */
  readonly rows: readonly PageRow[];
  readonly requirement: FreshnessRequirement;
  readonly isPast: boolean;
  /** Of the rows. */
  readonly projection: EntityProjection | undefined;
  /** Of the rows. */
  readonly reads: readonly ReadFreshness[];
  readonly #direction: EntityPageQuery['direction'];
  readonly #targetReads: readonly ReadFreshness[];
  readonly #isFirst: boolean;
  readonly #hasMore: boolean;
  readonly #total: Promise<FurtherRead<bigint>> | null;
  readonly #behind: Promise<FurtherRead<boolean>> | null;

  /**
   * @param total null if it is not selected.
   * @param behind whether entities precede the page in its direction; null if none can, or if that is not selected.
   */
  constructor(
    { query, requirement, signingKey, targetReads, isPast }: PageRequest,
    { data, reads }: Pick<Routed<EntityRows>, 'data' | 'reads'>,
    total: Promise<FurtherRead<bigint>> | null,
    behind: Promise<FurtherRead<boolean>> | null,
  ) {
    const fingerprint = queryFingerprint(query, query.order);
    this.rows = data.rows.map((row) => new PageRow(row, fingerprint, signingKey));
    this.requirement = requirement;
    this.isPast = isPast;
    this.projection = query.projection;
    this.reads = reads;
    this.#targetReads = targetReads;
    this.#direction = query.direction;
    this.#isFirst = query.from === null;
    this.#hasMore = data.hasMore;
    this.#total = total;
    this.#behind = behind;
  }

  get startCursor(): string | null {
    return this.rows[0]?.cursor ?? null;
  }

  get endCursor(): string | null {
    return this.rows.at(-1)?.cursor ?? null;
  }

  hasNextPage(): boolean | Promise<boolean> {
    return this.#direction === 'FORWARD' ? this.#hasMore : this.#hasMoreBehind();
  }

  hasPreviousPage(): boolean | Promise<boolean> {
    return this.#direction === 'BACKWARD' ? this.#hasMore : this.#hasMoreBehind();
  }

  async totalCount(): Promise<bigint> {
    if (this.#total === null) throw new RangeError('The total count of this page was not selected');
    return (await this.#total).value;
  }

  /** Whether nothing matches, as far as what is selected tells. */
  async isEmpty(): Promise<boolean> {
    if (this.reads.length > 0) return this.rows.length === 0 && this.#isFirst;
    const total = await this.#total?.catch(() => null);
    return total?.value === 0n;
  }

  /** The freshness of everything selected of the page, except failed reads, which are errors of their own fields. */
  async freshness(): Promise<ReadFreshness> {
    const further = await Promise.allSettled([this.#total, this.#behind]);
    const reads = further.flatMap((read) => (read.status === 'fulfilled' ? (read.value?.reads ?? []) : []));
    return combineReads([...this.#targetReads, ...this.reads, ...reads]);
  }

  async #hasMoreBehind(): Promise<boolean> {
    return this.#behind !== null && (await this.#behind).value;
  }
}

async function countAll(
  query: EntityPageQuery,
  requirement: FreshnessRequirement,
  asked: RoutedReads,
  source: PageSource | null,
): Promise<FurtherRead<bigint>> {
  const question = count({ tenantId: query.tenantId, type: query.type, filter: query.filter });
  const { data, reads } = await (source?.count?.(query) ?? asked.ask(question, requirement));
  return { value: data, reads };
}

/** Looks from the page's near end against its direction. If the page is empty, every entity of the list precedes it. */
async function lookBehind(
  query: EntityPageQuery,
  { rows }: EntityRows,
  readPage: ReadPage,
): Promise<FurtherRead<boolean>> {
  const forward = query.direction === 'FORWARD';
  const near = forward ? rows[0] : rows.at(-1);
  const { data, reads } = await readPage({
    ...query,
    from: near?.position ?? null,
    direction: forward ? 'BACKWARD' : 'FORWARD',
    limit: 0,
    projection: NO_ATTRIBUTES,
  });
  return { value: data.hasMore, reads };
}

/** The same promise, never reported as unhandled. Its failure reaches the caller that awaits it. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
