import { combineReads } from '../../freshness/combine-reads.ts';
import type { SearchConnectionResolvers } from '../../generated/resolver-types.ts';
import { EntityEdge } from './entity-edge.ts';

export const searchConnectionResolvers: SearchConnectionResolvers = {
  edges({ rows, reads, requirement, projection }, _given, context) {
    const entities = rows.map(({ entity }) => entity);
    const nodes = context.entities.prime(entities, reads, requirement, projection);
    return nodes.map((node, index) =>
      Object.assign(new EntityEdge(node, rows[index]), { rank: rows[index]?.rank ?? 0 }),
    );
  },
  freshness: ({ reads, targetReads }) => combineReads([...targetReads, ...reads]),
};
