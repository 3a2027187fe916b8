import { AtlasError } from '../../domain/errors.ts';
import type { StatisticsGroupResolvers } from '../../generated/resolver-types.ts';
import { groupFields } from './analytics-arguments.ts';

const MAX_LEVELS = 100;

/** `quantiles` requires that its selection was known when the group was read; see readStatistics. */
export const statisticsGroupResolvers: StatisticsGroupResolvers = {
  value: ({ group }) => groupFields(group).value,
  values: ({ group }) => groupFields(group).values,
  count: ({ summary }) => summary.count,
  min: ({ summary }) => summary.min,
  max: ({ summary }) => summary.max,
  sum: ({ summary }) => summary.sum,
  mean: ({ summary }) => summary.mean,
  stddev: ({ summary }) => summary.stddev,
  stddevSample: ({ summary }) => summary.stddevSample,
  quantiles({ summary }, { levels }) {
    const asked = levels ?? [];
    if (asked.length > MAX_LEVELS) {
      throw new AtlasError('LIMIT_EXCEEDED', `levels has ${asked.length} numbers; the limit is ${MAX_LEVELS}.`);
    }
    return asked.map((level) => {
      if (level >= 0 && level <= 1) return { level, value: summary.quantile(level) };
      throw new AtlasError('BAD_USER_INPUT', `A level is ${level}; expected numbers from 0 to 1.`);
    });
  },
};
