import { type ChangesQuery, changes as changesQuestion } from '../datasources/questions/changes.ts';
import type { RoutedReads } from '../datasources/routed-reads.ts';
import type { EntityChangeRecord, HistoryStart } from '../domain/entity-change.ts';
import { AtlasError } from '../domain/errors.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { combineReads } from '../freshness/combine-reads.ts';
import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import { furthest, type Positions } from '../freshness/positions.ts';

/** A change with the positions up to which everything has been seen with it. Within a transaction, that is the position before it. */
export interface SeenChange {
  readonly record: EntityChangeRecord;
  readonly seen: Positions;
}

/** Whole transactions. */
export interface ChangePage {
  readonly changes: readonly SeenChange[];
  /** From where the next page continues. */
  readonly end: Positions;
  /** Whether more is known to follow. */
  readonly hasMore: boolean;
  readonly freshness: ReadFreshness;
}

/**
 * The changes after a position.
 * @throws AtlasError BAD_USER_INPUT if something may have changed since that is not kept, FRESHNESS_UNAVAILABLE, and those of the read.
 */
export async function readChangePage(
  reads: RoutedReads,
  query: ChangesQuery,
  requirement: FreshnessRequirement,
): Promise<ChangePage> {
  const { after: from, limit } = query;
  const { data, reads: measured } = await reads.ask(changesQuestion(query), requirement);
  refuseLost(from, data.starts);
  const freshness = combineReads(measured);
  const contains = knownPositions(freshness);
  if (data.changes.some(({ shard }) => !contains.has(shard))) throw changedMeanwhile();
  // What the read contains has been seen, except where the page ends earlier. It may show more, which this list does not.
  const end = limit === 0 ? from : new Map([...furthest(from, contains), ...data.next]);
  return { changes: seenChanges(data.changes, from), end, hasMore: data.hasMore, freshness };
}

/** What a read contains. A shard of which nothing is known, because ClickHouse has no copy of it, is at 0, and left out. */
export function knownPositions({ contains }: ReadFreshness): Positions {
  return new Map([...contains].filter(([, position]) => position > 0n));
}

function seenChanges(page: readonly EntityChangeRecord[], from: Positions): SeenChange[] {
  let seen = from;
  return page.map((record, place) => {
    const { shard, lsn } = record;
    const next = page[place + 1];
    if (next?.shard !== shard || next.lsn !== lsn) seen = new Map([...seen, [shard, lsn + 1n]]);
    return { record, seen };
  });
}

/** Another server has answered in between, or the copy was replaced: what the rows lack is not known. */
function changedMeanwhile(): AtlasError {
  return new AtlasError('FRESHNESS_UNAVAILABLE', 'What ClickHouse contains has changed while the page was read.', {
    hint: 'Retry.',
    details: { retryAfterMs: 1_000 },
  });
}

/** @throws AtlasError BAD_USER_INPUT if something may have changed since that is not kept. */
function refuseLost(from: Positions, starts: ReadonlyMap<ShardId, HistoryStart>): void {
  for (const [shard, position] of from) {
    const start = starts.get(shard);
    if (start === undefined || position >= start.lsn) continue;
    throw new AtlasError(
      'BAD_USER_INPUT',
      `Not everything that has changed since the token is kept: the history begins ${start.at.toISOString()}.`,
      { hint: 'Take a token, read the entities anew with it as `after`, and continue with it.' },
    );
  }
}
