import { encodeToken } from '../freshness/consistency-token.ts';
import type { Positions } from '../freshness/positions.ts';
import type { RequestContext } from './request-context.ts';

/** Makes the response and later reads of this request reflect a write. Returns the token that covers it. */
export function noteWrite(positions: Positions, context: RequestContext): string {
  const token = { positions, catalogRevision: context.catalog.latestRevision };
  context.collector.cover(token);
  context.entities.forget();
  return encodeToken(token, context.tokenScope);
}
