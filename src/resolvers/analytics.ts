import { combineReads } from '../freshness/combine-reads.ts';
import type { AnalyticsResolvers } from '../generated/resolver-types.ts';
import { distribution } from './distribution.ts';
import { entitySelection } from './entity-selection.ts';
import { readRequirement } from './field-freshness.ts';

export const analyticsResolvers: AnalyticsResolvers = {
  distribution: (_analytics, given, context, info) =>
    distribution(given, readRequirement(given, context, info), context),
  async count(_analytics, given, context, info) {
    const selection = entitySelection(given, context);
    const { data, reads } = await context.reads.count(selection, readRequirement(given, context, info));
    for (const read of reads) context.collector.add(read, 0);
    return { count: data, freshness: combineReads(reads) };
  },
};
