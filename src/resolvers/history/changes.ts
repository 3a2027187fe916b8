import { readChangePage } from '../../feeds/change-page.ts';
import { decodeToken } from '../../freshness/consistency-token.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { Positions } from '../../freshness/positions.ts';
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
  const query = {
    ...{ tenantId: context.tenantId, after: from, limit },
    ...{ types: types ?? null, operations: operations ?? null },
  };
  const page = await readChangePage(context.reads, query, requirement);
  const edges = page.changes.map(({ record, seen }) => ({
    cursor: cursorAt(seen, context),
    node: { record, shown: null },
  }));
  return {
    edges,
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: cursorAt(page.end, context),
      hasNextPage: () => page.hasMore,
      hasPreviousPage: () => after != null,
    },
    freshness: page.freshness,
  };
}

/** From where the feed continues. */
export function cursorAt(positions: Positions, context: RequestContext): string {
  return responseToken({ positions, catalogRevision: 0 }, context);
}
