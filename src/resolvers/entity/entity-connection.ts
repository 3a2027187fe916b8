import type { EntityConnectionResolvers } from '../../generated/resolver-types.ts';

/** Its other fields are members of EntityPage. */
export const entityConnectionResolvers: EntityConnectionResolvers = {
  edges({ rows, reads, requirement, projection }, _given, context) {
    const entities = rows.map(({ entity }) => entity);
    const nodes = context.entities.prime(entities, reads, requirement, projection);
    return nodes.map((node, index) => ({
      get cursor() {
        return rows[index]?.cursor ?? '';
      },
      node,
    }));
  },
  pageInfo: (page) => page,
};
