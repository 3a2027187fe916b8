import { AdaptivePage } from '../connections/adaptive-page.ts';
import { changes as changesQuestion } from '../datasources/questions/changes.ts';
import type { RoutedReads } from '../datasources/routed-reads.ts';
import type { ReadRouter } from '../datasources/routing/read-router.ts';
import { AtlasError } from '../domain/errors.ts';
import type { ShardId, TenantId } from '../domain/identifiers.ts';
import { overLimit } from '../domain/over-limit.ts';
import { combineReads } from '../freshness/combine-reads.ts';
import type { Positions } from '../freshness/positions.ts';
import type { Clock } from '../lib/clock.ts';
import type { Pause } from '../lib/pause.ts';
import type { Logger } from '../observability/logger.ts';
import { knownPositions, readChangePage } from './change-page.ts';
import { type ChangeEvent, eventsOf, statesFor } from './change-selection.ts';
import { ChangeSubscription } from './change-subscription.ts';
import type { BufferLimits } from './event-buffer.ts';
import { CATCH_UP_PAGE, FEED_REQUIREMENT } from './feed-requirement.ts';
import { checkExpiry, type Member, TenantFeed } from './tenant-feed.ts';

export interface SubscriptionLimits {
  /** Open at once in this process. */
  readonly mostPerTenant: number;
  readonly mostPerProcess: number;
  readonly buffer: BufferLimits;
  /** How often a tenant's changes are looked for while there are none. */
  readonly intervalMs: number;
}

export interface ChangeFeedsOptions {
  readonly router: Pick<ReadRouter, 'ask'>;
  readonly shards: readonly ShardId[];
  readonly limits: SubscriptionLimits;
  readonly clock: Clock;
  readonly pause: Pause;
  readonly logger: Logger;
}

export interface NewSubscription extends Member {
  readonly tenantId: TenantId;
  /** Everything before these positions is known; a shard without one is told of from the oldest change that is kept. Null: what is written from now on. */
  readonly from: Positions | null;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Beyond every position: nothing follows. */
const NEVER = 2n ** 64n - 1n;

/** The subscriptions of a process to the changes of entities. */
export class ChangeFeeds {
  readonly #options: ChangeFeedsOptions;
  /** Of tenants that have subscriptions. */
  readonly #feeds = new Map<TenantId, TenantFeed>();
  readonly #open = new Map<TenantId, Set<ChangeSubscription>>();
  #isStopping = false;

  constructor(options: ChangeFeedsOptions) {
    this.#options = options;
  }

  /** Subscriptions that are open. */
  get open(): number {
    return [...this.#open.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Tenants that have any: as many readers there are at most. */
  get tenants(): number {
    return this.#open.size;
  }

  /**
   * Events are told from the moment on at which this settles. It is open until its events end, `return` is called or the signal aborts.
   * @throws AtlasError LIMIT_EXCEEDED, SHARD_UNAVAILABLE once the process stops, and those of the read that finds the present positions
   */
  async subscribe(given: NewSubscription): Promise<ChangeSubscription> {
    given.signal.throwIfAborted();
    const subscription = new ChangeSubscription((closed) => this.#events(given, closed));
    const close = () => subscription.end(null);
    this.#enter(given.tenantId, subscription);
    given.signal.addEventListener('abort', close, { once: true });
    void subscription.ended.then(() => {
      given.signal.removeEventListener('abort', close);
      this.#leave(given.tenantId, subscription);
    });
    try {
      subscription.begin(given.from ?? (await this.#present(given.tenantId, given.signal)));
    } catch (error) {
      subscription.end(null);
      throw error;
    }
    return subscription;
  }

  /** Ends all subscriptions, and refuses further ones: the process stops. */
  stop(): void {
    this.#isStopping = true;
    for (const subscriptions of this.#open.values()) {
      for (const subscription of subscriptions) subscription.end(stopping());
    }
  }

  #enter(tenantId: TenantId, subscription: ChangeSubscription): void {
    if (this.#isStopping) throw stopping();
    const { mostPerTenant, mostPerProcess } = this.#options.limits;
    const own = this.#open.get(tenantId) ?? new Set();
    if (own.size >= mostPerTenant) {
      throw new AtlasError('LIMIT_EXCEEDED', `The tenant has ${own.size} subscriptions open, the limit; close some.`, {
        hint: overLimit('Close some, or select more with one', 'ATLAS_MAX_TENANT_SUBSCRIPTIONS'),
      });
    }
    if (this.open >= mostPerProcess) {
      throw new AtlasError('LIMIT_EXCEEDED', 'The server has as many subscriptions open as it may; retry later.', {
        hint: overLimit('Read changes(after:) meanwhile', 'ATLAS_MAX_SUBSCRIPTIONS'),
      });
    }
    this.#open.set(tenantId, own.add(subscription));
  }

  #leave(tenantId: TenantId, subscription: ChangeSubscription): void {
    const own = this.#open.get(tenantId);
    own?.delete(subscription);
    if (own?.size !== 0) return;
    this.#open.delete(tenantId);
    this.#feeds.delete(tenantId);
  }

  /** Up to where everything has been written. @throws AtlasError */
  async #present(tenantId: TenantId, signal: AbortSignal): Promise<Positions> {
    const { router, shards } = this.#options;
    const after = new Map(shards.map((shard) => [shard, NEVER]));
    const question = changesQuestion({ tenantId, after, types: null, operations: null, limit: 1 });
    const { reads } = await router.ask(question, FEED_REQUIREMENT, signal);
    const present = knownPositions(combineReads(reads));
    if (shards.every((shard) => present.has(shard))) return present;
    throw new AtlasError('FRESHNESS_UNAVAILABLE', 'ClickHouse does not have a copy of every shard yet.', {
      hint: 'Retry.',
      details: { retryAfterMs: 1_000 },
    });
  }

  /** What was written before the subscription is read for it alone, as fast as it takes it; the rest comes from the tenant's reader. */
  async *#events(given: NewSubscription, { from, signal }: { from: Positions; signal: AbortSignal }) {
    const { router, clock } = this.#options;
    const { tenantId } = given;
    const reads: RoutedReads = { ask: (question, requirement) => router.ask(question, requirement, signal) };
    const sources = { reads, tenantId, requirement: FEED_REQUIREMENT };
    const pages = new AdaptivePage(CATCH_UP_PAGE);
    let at = from;
    for (let hasMore = given.from !== null; hasMore; ) {
      checkExpiry(given, clock.now());
      const selection = given.selection();
      const types = selection.type === null ? null : [selection.type];
      const query = { tenantId, after: at, types, operations: null };
      const { page, states } = await pages.read(async (limit) => {
        const read = await readChangePage(reads, { ...query, limit }, FEED_REQUIREMENT);
        return { page: read, states: await statesFor([selection], read, sources) };
      });
      yield* eventsOf(selection, page, states);
      at = page.end;
      hasMore = page.hasMore;
    }
    yield* this.#live(given, at, signal);
  }

  async *#live(given: NewSubscription, at: Positions, signal: AbortSignal): AsyncGenerator<ChangeEvent> {
    const { events, leave } = this.#feedOf(given.tenantId).join(given, at);
    signal.addEventListener('abort', leave, { once: true });
    try {
      for (let event = await events.next(); event !== null; event = await events.next()) yield event;
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }

  #feedOf(tenantId: TenantId): TenantFeed {
    const { router, limits, clock, pause, logger } = this.#options;
    const { buffer, intervalMs } = limits;
    const feed =
      this.#feeds.get(tenantId) ?? new TenantFeed({ tenantId, router, buffer, intervalMs, clock, pause, logger });
    this.#feeds.set(tenantId, feed);
    return feed;
  }
}

function stopping(): AtlasError {
  return new AtlasError('SHARD_UNAVAILABLE', 'The server is stopping; subscribe anew.', {
    hint: 'Subscribe anew, with the cursor as `after`.',
  });
}
