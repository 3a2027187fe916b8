import type { EntityPageQuery, PositionedEntity } from '../datasources/entity-reader.ts';
import type { Routed } from '../datasources/entity-reads.ts';
import { combineReads } from '../freshness/combine-reads.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import { encodeCursor } from '../paging/page-cursor.ts';
import type { EntityNode } from './entity.ts';
import type { RequestContext } from './request-context.ts';

/** A page is asked for with one row more than it holds: the surplus tells whether anything follows. */
export interface EntityPageRead {
  readonly query: EntityPageQuery;
  readonly requirement: FreshnessRequirement;
  readonly answer: Routed<readonly PositionedEntity[]>;
  /** Of the question that its cursors belong to. */
  readonly fingerprint: string;
}

/** One page of `entities`. What costs a further read is read when it is asked for, and once. */
export class EntityPage {
  readonly edges: readonly { readonly cursor: string; readonly node: EntityNode }[];
  readonly #read: EntityPageRead;
  readonly #rows: readonly PositionedEntity[];
  readonly #context: RequestContext;
  #count: Promise<bigint> | null = null;
  #behind: Promise<boolean> | null = null;
  /** All reads that the page has made so far. */
  readonly #reads: ReadFreshness[];

  constructor(read: EntityPageRead, context: RequestContext) {
    const { query, requirement, answer, fingerprint } = read;
    const surplus = Math.max(0, answer.data.length - (query.limit - 1));
    this.#read = read;
    this.#rows =
      query.direction === 'FORWARD' ? answer.data.slice(0, answer.data.length - surplus) : answer.data.slice(surplus);
    this.#context = context;
    this.#reads = [...answer.reads];
    const entities = this.#rows.map(({ entity }) => entity);
    const nodes = context.entities.prime(entities, answer.reads, requirement);
    this.edges = this.#rows.map(({ position }, index) => ({
      cursor: encodeCursor(fingerprint, position),
      node: nodes[index] as EntityNode,
    }));
    for (const one of answer.reads) {
      context.collector.add(one, nodes.filter(({ freshness }) => freshness === one).length);
    }
  }

  hasNextPage(): boolean | Promise<boolean> {
    return this.#read.query.direction === 'FORWARD' ? this.#hasSurplus() : this.#hasMoreBehind();
  }

  hasPreviousPage(): boolean | Promise<boolean> {
    return this.#read.query.direction === 'BACKWARD' ? this.#hasSurplus() : this.#hasMoreBehind();
  }

  totalCount(): Promise<bigint> {
    this.#count ??= this.#countAll();
    return this.#count;
  }

  /**
   * Of all that is told of the page: of its count, too, where that is selected. Fields that are selected beside each other
   * are all asked for before any of them is awaited, so that by then every further read has begun.
   */
  async freshness(): Promise<ReadFreshness> {
    await Promise.resolve();
    await Promise.allSettled([this.#count, this.#behind]);
    return combineReads(this.#reads);
  }

  #hasSurplus(): boolean {
    return this.#read.answer.data.length > this.#rows.length;
  }

  /** Against the page's direction: nothing where it starts at the end of the list. */
  #hasMoreBehind(): false | Promise<boolean> {
    if (this.#read.query.from === null) return false;
    this.#behind ??= this.#lookBehind();
    return this.#behind;
  }

  /** From the page's near end; where the page is empty, anything there is lies behind it. */
  async #lookBehind(): Promise<boolean> {
    const { query, requirement } = this.#read;
    const forward = query.direction === 'FORWARD';
    const near = forward ? this.#rows[0] : this.#rows.at(-1);
    const { data, reads } = await this.#context.reads.entityPage(
      { ...query, from: near?.position ?? null, direction: forward ? 'BACKWARD' : 'FORWARD', limit: 1 },
      requirement,
    );
    this.#note(reads);
    return data.length > 0;
  }

  async #countAll(): Promise<bigint> {
    const { tenantId, type, filter } = this.#read.query;
    const { data, reads } = await this.#context.reads.count({ tenantId, type, filter }, this.#read.requirement);
    this.#note(reads);
    return data;
  }

  #note(reads: readonly ReadFreshness[]): void {
    this.#reads.push(...reads);
    for (const read of reads) this.#context.collector.add(read, 0);
  }
}
