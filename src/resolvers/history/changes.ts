import { changes as changesQuestion } from '../../datasources/questions/changes.ts';
import type { EntityChangeRecord, HistoryStart } from '../../domain/entity-change.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { combineReads } from '../../freshness/combine-reads.ts';
import { decodeToken } from '../../freshness/consistency-token.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import { furthest, type Positions } from '../../freshness/positions.ts';
import type { QueryChangesArgs, ResolversTypes } from '../../generated/resolver-types.ts';
import { forwardSize } from '../../paging/page-window.ts';
import { responseToken } from '../freshness/response-token.ts';
import type { RequestContext } from '../request-context.ts';

/** @throws AtlasError BAD_USER_INPUT | BAD_FRESHNESS | LIMIT_EXCEEDED, and those of the reads. */
export async function changes(
  { after, types, operations, first }: QueryChangesArgs,
  requirement: FreshnessRequirement,
  context: RequestContext,
): Promise<ResolversTypes['ChangeConnection']> {
  const from: Positions = after == null ? new Map() : decodeToken(after, context.tokenScope).positions;
  const limit = forwardSize(first, context.limits.maxPageSize);
  const question = changesQuestion({
    ...{ tenantId: context.tenantId, after: from, limit },
    ...{ types: types ?? null, operations: operations ?? null },
  });
  const { data, reads } = await context.reads.ask(question, requirement);
  refuseLost(from, data.starts);
  const read = combineReads(reads);
  const text = (positions: Positions) => responseToken({ positions, catalogRevision: 0 }, context);
  const cursors = cursorsOf(data.changes, from);
  // A shard of which nothing is known, because ClickHouse has no copy of it, is at 0.
  const contains = new Map([...read.contains].filter(([, position]) => position > 0n));
  if (data.changes.some(({ shard }) => !contains.has(shard))) throw changedMeanwhile();
  // What the read contains has been seen, except where the page ends earlier. It may show more, which this list does not.
  const end = limit === 0 ? from : new Map([...furthest(from, contains), ...data.next]);
  return {
    edges: data.changes.map((record, place) => ({
      cursor: text(cursors[place] ?? from),
      node: { record, shown: null },
    })),
    pageInfo: {
      startCursor: cursors[0] === undefined ? null : text(cursors[0]),
      endCursor: text(end),
      hasNextPage: () => data.hasMore,
      hasPreviousPage: () => after != null,
    },
    freshness: read,
  };
}

/** Of each change, the positions up to which everything has been seen with it. */
function cursorsOf(page: readonly EntityChangeRecord[], from: Positions): Positions[] {
  let seen = from;
  return page.map(({ shard, lsn }, place) => {
    const next = page[place + 1];
    if (next?.shard !== shard || next.lsn !== lsn) seen = new Map([...seen, [shard, lsn + 1n]]);
    return seen;
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
