import type { ReadFreshnessResolvers } from '../generated/resolver-types.ts';

const MAX_INT = 2 ** 31 - 1;
const NOTHING_KNOWN = new Date(0);

export const readFreshnessResolvers: ReadFreshnessResolvers = {
  requestedClass: ({ requested }) => requested.class,
  lagMs: ({ lagMs }) => (lagMs === null ? null : Math.min(lagMs, MAX_INT)),
  dataTimestamp: ({ dataTimestamp }) => dataTimestamp ?? NOTHING_KNOWN,
};
