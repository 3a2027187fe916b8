import type { PageInfoResolvers } from '../generated/resolver-types.ts';

export const pageInfoResolvers: PageInfoResolvers = {
  hasNextPage: (page) => page.hasNextPage(),
  hasPreviousPage: (page) => page.hasPreviousPage(),
};
