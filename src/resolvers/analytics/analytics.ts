import type { FieldNode } from 'graphql';
import type { AnalyticsResolvers } from '../../generated/resolver-types.ts';
import { readRequirement } from '../freshness/field-freshness.ts';
import { readCount } from './read-count.ts';
import { readDistribution } from './read-distribution.ts';
import { readFacets } from './read-facets.ts';
import { readStatistics } from './read-statistics.ts';
import { readTimeSeries } from './read-time-series.ts';
import { readTopValues } from './read-top-values.ts';

/** `Query.analytics` reads nothing; a directive on it applies to the fields inside. */
export interface AnalyticsNode {
  readonly selectedBy: readonly FieldNode[];
}

export const analyticsResolvers: Required<AnalyticsResolvers> = {
  async distribution({ selectedBy }, given, context, info) {
    return readDistribution(given, await readRequirement(given, context, info, selectedBy), context);
  },
  async count({ selectedBy }, given, context, info) {
    return readCount(given, await readRequirement(given, context, info, selectedBy), context, info);
  },
  async facets({ selectedBy }, given, context, info) {
    return readFacets(given, await readRequirement(given, context, info, selectedBy), context);
  },
  async statistics({ selectedBy }, given, context, info) {
    return readStatistics(given, await readRequirement(given, context, info, selectedBy), context, info);
  },
  async timeSeries({ selectedBy }, given, context, info) {
    return readTimeSeries(given, await readRequirement(given, context, info, selectedBy), context);
  },
  async topValues({ selectedBy }, given, context, info) {
    return readTopValues(given, await readRequirement(given, context, info, selectedBy), context);
  },
};
