import { tokenOfRead } from '../../freshness/token-of-read.ts';
import type { ReadFreshnessResolvers } from '../../generated/resolver-types.ts';
import { clampedInt } from '../scalars.ts';
import { responseToken } from './response-token.ts';

const NOTHING_KNOWN = new Date(0);

export const readFreshnessResolvers: ReadFreshnessResolvers = {
  requestedClass: ({ requested }) => requested.class,
  lagMs: ({ lagMs }) => (lagMs === null ? null : clampedInt(lagMs)),
  token: (read, _given, context) => responseToken(tokenOfRead(read), context),
  dataTimestamp: ({ dataTimestamp }) => dataTimestamp ?? NOTHING_KNOWN,
};
