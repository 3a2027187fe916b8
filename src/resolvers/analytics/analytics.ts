import type { FieldNode } from 'graphql';
import { count } from '../../datasources/questions/count.ts';
import { combineReads } from '../../freshness/combine-reads.ts';
import type { AnalyticsResolvers } from '../../generated/resolver-types.ts';
import { entitySelection } from '../entity-selection.ts';
import { readRequirement } from '../freshness/field-freshness.ts';
import { readDistribution } from './read-distribution.ts';

/** `Query.analytics` reads nothing; a directive on it applies to the fields inside. */
export interface AnalyticsNode {
  readonly selectedBy: readonly FieldNode[];
}

export const analyticsResolvers: Required<AnalyticsResolvers> = {
  async distribution({ selectedBy }, given, context, info) {
    return readDistribution(given, await readRequirement(given, context, info, selectedBy), context);
  },
  async count({ selectedBy }, given, context, info) {
    const requirement = await readRequirement(given, context, info, selectedBy);
    const { data, reads } = await context.reads.ask(count(entitySelection(given, context)), requirement);
    return { count: data, freshness: combineReads(reads) };
  },
};
