import { combineReads } from '../../freshness/combine-reads.ts';
import type { EntityConnectionResolvers } from '../../generated/resolver-types.ts';
import { EntityEdge } from './entity-edge.ts';

/** Its other fields are members of EntityPage. */
export const entityConnectionResolvers: EntityConnectionResolvers = {
  edges({ rows, reads, requirement, projection, isPast }, _given, context) {
    const entities = rows.map(({ entity }) => entity);
    const freshness = isPast && entities.length > 0 ? combineReads(reads) : null;
    const nodes =
      freshness === null
        ? context.entities.prime(entities, reads, requirement, projection)
        : entities.map((entity) => ({ entity, freshness, isPast: true as const }));
    return nodes.map((node, index) => new EntityEdge(node, rows[index]));
  },
  pageInfo: (page) => page,
};
