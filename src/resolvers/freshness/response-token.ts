import { type ConsistencyToken, encodeToken, mergeTokens } from '../../freshness/consistency-token.ts';
import type { RequestContext } from '../request-context.ts';

/** The text of a token that also covers the request's view of the catalog, with which its answers were made. */
export function responseToken(token: ConsistencyToken, { catalog, tokenScope }: RequestContext): string {
  const catalogRevision = Math.max(token.catalogRevision, catalog.latestRevision);
  return encodeToken({ positions: token.positions, catalogRevision }, tokenScope);
}

/** The token of the whole response: what it read and wrote, and what its headers required. Null if it did neither. */
export function wholeToken(context: RequestContext): string | null {
  const token = context.collector.token();
  if (token === null) return null;
  const given = context.headerFreshness.after ?? null;
  return responseToken(mergeTokens(token, given) ?? token, context);
}
