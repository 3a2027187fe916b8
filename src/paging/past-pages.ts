import { type ChangedSince, type ChangedSinceQuery, changedSince } from '../datasources/questions/changed-since.ts';
import { entitiesById } from '../datasources/questions/entities-by-id.ts';
import { type EntityRows, isBeyond, mergePages, positioned } from '../datasources/questions/entity-page.ts';
import { entityPageWithout } from '../datasources/questions/entity-page-without.ts';
import { entityPasts } from '../datasources/questions/entity-pasts.ts';
import type { Routed, RoutedReads } from '../datasources/routed-reads.ts';
import { AtlasError } from '../domain/errors.ts';
import { matchesFilter } from '../domain/filter/matches-filter.ts';
import type { EntityPageQuery } from '../domain/filter/page-position.ts';
import type { EntityId, ShardId } from '../domain/identifiers.ts';
import { overLimit } from '../domain/over-limit.ts';
import { pastEntity } from '../domain/past-entity.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import { areOfOneServer, serversChanged } from '../freshness/one-server.ts';
import { eventLoopTurns } from '../lib/event-loop-turns.ts';
import type { PageSource } from './entity-page.ts';

type Rows = EntityRows['rows'];
type WithReads = Pick<Routed<unknown>, 'reads'>;

/** Entities that one statement reads. */
const ENTITIES_PER_STATEMENT = 1_000;
/** Reads of a page under which entities of it have changed, or servers. */
const ATTEMPTS = 5;

export interface PastPagesOptions {
  readonly reads: RoutedReads;
  readonly shards: readonly ShardId[];
  readonly moment: ChangedSinceQuery['moment'];
  readonly requirement: FreshnessRequirement;
  /** Entities that may have changed since. */
  readonly mostChanged: number;
  /** Called with how many of them a page takes, before they are read; what it throws ends the page. */
  readonly onChanged: (entities: number) => void;
}

/**
 * Pages of entities as they were at a moment: those that have not changed since are read as they are, the others are undone one by one, and both are merged. What that takes depends on how
 * many have changed since, which is bounded.
 */
export class PastPages implements PageSource {
  readonly isPast = true;
  readonly #options: PastPagesOptions;

  constructor(options: PastPagesOptions) {
    this.#options = options;
  }

  /** @throws AtlasError BAD_USER_INPUT for a moment from before the history, LIMIT_EXCEEDED if more have changed, FRESHNESS_UNAVAILABLE, and those of the reads */
  async read(query: EntityPageQuery): Promise<Pick<Routed<EntityRows>, 'data' | 'reads'>> {
    const { reads, requirement, onChanged } = this.#options;
    const { projection: _all, ...whole } = query;
    let isOneServer = true;
    let charged = 0;
    let without = await this.#changed(query);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const page = await reads.ask(entityPageWithout(whole, without.ids), requirement);
      // Whatever the page shows of a change, the history had before.
      const changed = await this.#changed(query);
      const known = [...without.reads, ...page.reads, ...changed.reads];
      const all = new Set([...changed.ids.values()].flat());
      const rows = page.data.filter(({ entity }) => !all.has(entity.id));
      isOneServer = areOfOneServer(known);
      // A full page that is not full any more lacks entities that follow.
      if (!isOneServer || (rows.length < page.data.length && page.data.length > query.limit)) {
        without = changed;
        continue;
      }
      onChanged(Math.max(0, all.size - charged));
      charged = Math.max(charged, all.size);
      const measured: ReadFreshness[] = [...page.reads];
      const past = await this.#pasts(query, changed.ids, measured);
      isOneServer = areOfOneServer([...known, ...measured]);
      if (isOneServer) return { data: mergePages(query, [rows, past]), reads: measured };
      without = changed;
    }
    if (!isOneServer) throw serversChanged();
    throw new AtlasError('FRESHNESS_UNAVAILABLE', 'The entities of the page are changing faster than it is read.', {
      hint: 'Retry, or read a smaller page.',
      details: { retryAfterMs: 1_000 },
    });
  }

  async #changed({ tenantId, type }: EntityPageQuery): Promise<Pick<ChangedSince, 'ids'> & WithReads> {
    const { shards, moment, requirement, mostChanged } = this.#options;
    const question = changedSince({ tenantId, type, moment, limit: mostChanged + 1 });
    const { data, reads } = await this.#options.reads.ask(question, requirement);
    for (const shard of shards) refuseEarlier(shard, moment, data);
    const count = [...data.ids.values()].reduce((sum, { length }) => sum + length, 0);
    if (count <= mostChanged) return { ids: data.ids, reads };
    throw new AtlasError('LIMIT_EXCEEDED', `More than ${mostChanged} entities have changed since, the limit.`, {
      hint: overLimit('Name a type, or give a later moment', 'ATLAS_MAX_PAST_CHANGES'),
    });
  }

  /** Of those that have changed since, the rows of the page, and one more. @param measured gets the reads. */
  async #pasts(query: EntityPageQuery, changed: ChangedSince['ids'], measured: ReadFreshness[]): Promise<Rows> {
    const { reads, requirement, moment } = this.#options;
    const { tenantId, type, filter, order, limit } = query;
    let rows: Rows = [];
    for (const [shard, all] of changed) {
      const own = 'at' in moment ? moment : { before: moment.before.get(shard) ?? 0n };
      for (let from = 0; from < all.length; from += ENTITIES_PER_STATEMENT) {
        const ids: readonly EntityId[] = all.slice(from, from + ENTITIES_PER_STATEMENT);
        // First what is, then what led to it.
        const current = await reads.ask({ ...entitiesById({ tenantId, ids, shard }), postgres: null }, requirement);
        const past = await reads.ask(entityPasts({ tenantId, ids, shard, moment: own }), requirement);
        measured.push(...current.reads, ...past.reads);
        const byId = new Map(current.data.map((entity) => [entity.id, entity]));
        const found: Rows[number][] = [];
        for (const id of ids) {
          if (eventLoopTurns.isOver) await eventLoopTurns.next();
          const later = past.data.later.get(id);
          const hasBegun = (life: Date) => ('at' in own ? life <= own.at : later === undefined || life < later);
          const entity = pastEntity(id, byId.get(id) ?? null, past.data.pasts.get(id), hasBegun);
          const isAsked = entity !== null && (type === null || entity.type === type) && matchesFilter(entity, filter);
          if (isAsked) found.push(positioned(entity, order));
        }
        const beyond = found.filter((row) => isBeyond(query, row));
        // No more than the page can have is kept.
        rows = mergePages({ ...query, limit: limit + 1 }, [rows, beyond]).rows;
      }
    }
    return rows;
  }
}

function refuseEarlier(shard: ShardId, moment: ChangedSinceQuery['moment'], { starts }: ChangedSince): void {
  const start = starts.get(shard);
  const position = 'at' in moment ? null : (moment.before.get(shard) ?? null);
  if (start !== undefined) {
    if ('at' in moment ? moment.at >= start.at : position !== null && position >= start.lsn) return;
  }
  if (!('at' in moment) && position === null) {
    throw new AtlasError('BAD_USER_INPUT', 'asOfToken does not say something about every shard.', {
      hint: 'Use the token of a read of all shards, such as a page of `entities`.',
    });
  }
  const begins = start === undefined ? 'has not begun' : `begins ${start.at.toISOString()}`;
  const asked = 'at' in moment ? `asOf is ${moment.at.toISOString()}` : 'asOfToken is from an earlier time';
  throw new AtlasError('BAD_USER_INPUT', `${asked}, but the history of a shard ${begins}.`, {
    hint: 'Give a later moment.',
  });
}
