import { combineReads } from '../freshness/combine-reads.ts';
import type { AnalyticsResolvers } from '../generated/resolver-types.ts';
import { distribution } from './distribution.ts';
import { entitySelection } from './entity-selection.ts';
import { readRequirement } from './field-freshness.ts';

export const analyticsResolvers: AnalyticsResolvers = {
  distribution: ({ selectedBy }, given, context, info) =>
    distribution(given, readRequirement(given, context, info, selectedBy), context),
  async count({ selectedBy }, given, context, info) {
    const selection = entitySelection(given, context);
    const requirement = readRequirement(given, context, info, selectedBy);
    const { data, reads } = await context.reads.count(selection, requirement);
    for (const read of reads) context.collector.add(read, 0);
    return { count: data, freshness: combineReads(reads) };
  },
};
