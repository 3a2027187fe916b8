import { AdaptivePage } from '../connections/adaptive-page.ts';
import type { RoutedReads } from '../datasources/routed-reads.ts';
import type { ReadRouter } from '../datasources/routing/read-router.ts';
import type { EntityChangeRecord } from '../domain/entity-change.ts';
import { AtlasError, type ErrorCode } from '../domain/errors.ts';
import type { TenantId } from '../domain/identifiers.ts';
import { overLimit } from '../domain/over-limit.ts';
import { furthest, type Positions } from '../freshness/positions.ts';
import type { Clock } from '../lib/clock.ts';
import { eventLoopTurns } from '../lib/event-loop-turns.ts';
import type { Pause } from '../lib/pause.ts';
import { Backoff } from '../lifecycle/backoff.ts';
import type { Logger } from '../observability/logger.ts';
import { OutageLog } from '../observability/outage-log.ts';
import { type ChangePage, readChangePage } from './change-page.ts';
import { type ChangeSelection, eventsOf, statesFor } from './change-selection.ts';
import { type BufferLimits, EventBuffer } from './event-buffer.ts';
import { FEED_PAGE, FEED_REQUIREMENT } from './feed-requirement.ts';

export interface TenantFeedOptions {
  readonly tenantId: TenantId;
  readonly router: Pick<ReadRouter, 'ask'>;
  readonly buffer: BufferLimits;
  /** How often it is looked for changes while there are none. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly pause: Pause;
  readonly logger: Logger;
}

/** Who is told of changes. */
export interface Member {
  /** What it is told of, by the catalog of now. @throws AtlasError if it may not be told any more */
  readonly selection: () => ChangeSelection;
  /** When its right ends, in milliseconds since the epoch; null: it does not. */
  readonly expiresAt: number | null;
}

interface Joined extends Member {
  readonly buffer: EventBuffer;
  /** Everything before these positions has been told. */
  at: Positions;
}

/** A read that fails with one of these fails again. */
const FINAL: ReadonlySet<ErrorCode> = new Set(['BAD_USER_INPUT', 'LIMIT_EXCEEDED']);

/**
 * The changes of one tenant, read once for all of its subscribers, and only while it has any. Each has a position of its own: it is told of what lies
 * beyond it, so that whoever joins misses nothing and hears nothing twice, and the reader begins where the one furthest behind is.
 */
export class TenantFeed {
  readonly #options: TenantFeedOptions;
  readonly #members = new Set<Joined>();
  readonly #outage: OutageLog;
  readonly #pages = new AdaptivePage(FEED_PAGE);
  #reader: AbortController | null = null;

  constructor(options: TenantFeedOptions) {
    this.#options = options;
    this.#outage = new OutageLog(options.logger, `reading the changes of tenant ${options.tenantId}`);
  }

  /** @param at everything before these positions has been told. @returns the events from there on, until `leave`. */
  join(member: Member, at: Positions): { readonly events: EventBuffer; leave(): void } {
    const buffer = new EventBuffer(this.#options.buffer);
    const joined: Joined = { ...member, buffer, at };
    this.#members.add(joined);
    this.#start();
    const leave = () => {
      this.#end(joined, null);
      if (this.#members.size === 0) this.#reader?.abort();
    };
    return { events: buffer, leave };
  }

  #start(): void {
    if (this.#reader !== null) return;
    const reader = new AbortController();
    this.#reader = reader;
    void this.#read(reader.signal).then(() => {
      this.#reader = null;
      // Somebody may have joined after the last of the others left.
      if (this.#members.size > 0) this.#start();
    });
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { router, intervalMs, pause } = this.#options;
    const reads: RoutedReads = { ask: (question, requirement) => router.ask(question, requirement, signal) };
    const backoff = new Backoff({ firstMs: intervalMs });
    while (!signal.aborted) {
      try {
        const hasMore = await this.#tell(reads);
        this.#outage.succeeded();
        backoff.reset();
        if (!hasMore) await pause(intervalMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof AtlasError && FINAL.has(error.code)) {
          for (const member of this.#members) this.#end(member, error);
          return;
        }
        this.#outage.failed(error);
        await backoff.wait(signal);
      }
    }
  }

  /** Reads a page and tells those who were there before it was read. @returns whether more is known to follow. */
  async #tell(reads: RoutedReads): Promise<boolean> {
    const { tenantId } = this.#options;
    const selected = this.#selected();
    if (selected.size === 0) return false;
    const selections = [...selected.values()];
    const query = {
      ...{ tenantId, after: nearestOf([...selected.keys()].map(({ at }) => at)) },
      ...{ types: typesOf(selections), operations: null },
    };
    const { page, states } = await this.#pages.read(async (limit) => {
      const read = await readChangePage(reads, { ...query, limit }, FEED_REQUIREMENT);
      const sources = { reads, tenantId, requirement: FEED_REQUIREMENT };
      return { page: read, states: await statesFor(selections, read, sources) };
    });
    const bytes = new Map<EntityChangeRecord, number>();
    for (const [member, selection] of selected) {
      if (eventLoopTurns.isOver) await eventLoopTurns.next();
      if (this.#members.has(member)) this.#deliver(member, selection, page, states, bytes);
    }
    return page.hasMore;
  }

  /** What each member is told of; those who may not be told any more are let go. */
  #selected(): Map<Joined, ChangeSelection> {
    const now = this.#options.clock.now();
    const selected = new Map<Joined, ChangeSelection>();
    for (const member of this.#members) {
      try {
        checkExpiry(member, now);
        selected.set(member, member.selection());
      } catch (error) {
        this.#end(member, error);
      }
    }
    return selected;
  }

  #deliver(
    member: Joined,
    selection: ChangeSelection,
    page: ChangePage,
    states: Parameters<typeof eventsOf>[2],
    sizes: Map<EntityChangeRecord, number>,
  ): void {
    for (const event of eventsOf(selection, page, states)) {
      const { shard, lsn } = event.record;
      if (lsn < (member.at.get(shard) ?? 0n)) continue;
      const bytes = sizes.get(event.record) ?? sizeOf(event.record);
      sizes.set(event.record, bytes);
      if (member.buffer.add({ ...event, seen: furthest(member.at, event.seen) }, bytes)) continue;
      this.#end(member, tooSlow(this.#options.buffer));
      return;
    }
    member.at = furthest(member.at, page.end);
  }

  #end(member: Joined, error: unknown): void {
    if (this.#members.delete(member)) member.buffer.end(error);
  }
}

/** @param now in milliseconds since the epoch. @throws AtlasError UNAUTHENTICATED */
export function checkExpiry({ expiresAt }: Pick<Member, 'expiresAt'>, now: number): void {
  if (expiresAt === null || now < expiresAt) return;
  throw new AtlasError('UNAUTHENTICATED', 'The bearer token has expired; send a new one.', {
    hint: 'Subscribe anew with a new token, and with the cursor as `after`.',
  });
}

function tooSlow({ events, bytes }: BufferLimits): AtlasError {
  const message = `The subscriber takes events more slowly than they come: more than ${events} events, or ${bytes} bytes, waited for it.`;
  return new AtlasError('LIMIT_EXCEEDED', message, {
    hint: overLimit(
      'Read what follows the cursor with `changes(after:)`, or subscribe anew with it as `after`',
      'ATLAS_SUBSCRIPTION_BUFFER',
    ),
  });
}

/** Everything that is not told to one of them lies beyond. A shard that one of them knows nothing of is read from its beginning. */
function nearestOf([first = new Map(), ...others]: readonly Positions[]): Positions {
  return new Map(
    [...first].flatMap(([shard, position]) => {
      const all = others.map((positions) => positions.get(shard));
      if (all.includes(undefined)) return [];
      return [[shard, all.reduce<bigint>((least, one = 0n) => (one < least ? one : least), position)]];
    }),
  );
}

/** Null: any. */
function typesOf(selections: readonly ChangeSelection[]): readonly string[] | null {
  const types = new Set(selections.map(({ type }) => type));
  return types.has(null) ? null : [...types].filter((type) => type !== null);
}

function sizeOf({ values }: EntityChangeRecord): number {
  return JSON.stringify(values).length;
}
