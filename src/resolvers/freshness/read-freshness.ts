import type { ReadFreshnessResolvers } from '../../generated/resolver-types.ts';
import { clampedInt } from '../scalars.ts';

const NOTHING_KNOWN = new Date(0);

export const readFreshnessResolvers: ReadFreshnessResolvers = {
  requestedClass: ({ requested }) => requested.class,
  lagMs: ({ lagMs }) => (lagMs === null ? null : clampedInt(lagMs)),
  dataTimestamp: ({ dataTimestamp }) => dataTimestamp ?? NOTHING_KNOWN,
};
