import { AtlasError } from '../../domain/errors.ts';
import type { GraphQLHttpRequest } from '../graphql-handler.ts';

/** What a request asks for, as far as it can be told before GraphQL reads it. */
export interface QueryText {
  readonly query: string;
  readonly operationName: string | null;
}

/** Null where there is no query. */
export function queryText({ method, body, search }: GraphQLHttpRequest): QueryText | null {
  const given = method === 'GET' ? Object.fromEntries(new URLSearchParams(search)) : body;
  if (typeof given !== 'object' || given === null || !('query' in given) || typeof given.query !== 'string')
    return null;
  const named = 'operationName' in given && typeof given.operationName === 'string';
  return { query: given.query, operationName: named ? String(given.operationName) : null };
}

/**
 * What it costs to read and check a query grows with its text, and it is paid before any other limit can be told.
 * @throws AtlasError LIMIT_EXCEEDED
 */
export function checkQueryLength(request: GraphQLHttpRequest, limit: number): void {
  const length = queryText(request)?.query.length ?? 0;
  if (length <= limit) return;
  throw new AtlasError(
    'LIMIT_EXCEEDED',
    `The query has ${length} characters: give at most ${limit}, and send values as variables.`,
  );
}
