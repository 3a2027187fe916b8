import type { EntityConnectionResolvers } from '../generated/resolver-types.ts';

export const entityConnectionResolvers: EntityConnectionResolvers = {
  pageInfo: (page) => ({
    startCursor: page.edges[0]?.cursor ?? null,
    endCursor: page.edges.at(-1)?.cursor ?? null,
    hasNextPage: () => page.hasNextPage(),
    hasPreviousPage: () => page.hasPreviousPage(),
  }),
  totalCount: (page) => page.totalCount(),
  freshness: (page) => page.freshness(),
};
