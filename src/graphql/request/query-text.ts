import { getOperationAST, Kind, parse } from 'graphql';
import { AtlasError } from '../../domain/errors.ts';
import type { GraphQLHttpRequest } from '../graphql-handler.ts';

/**
 * Checked before anything else of a query: reading and validating it costs time in proportion to its length.
 * @throws AtlasError LIMIT_EXCEEDED
 */
export function checkQueryLength(request: GraphQLHttpRequest, limit: number): void {
  const length = queryText(request)?.query.length ?? 0;
  if (length <= limit) return;
  throw new AtlasError(
    'LIMIT_EXCEEDED',
    `The query has ${length} characters; the limit is ${limit}, without values sent as variables.`,
  );
}

/** Fields that contain no tenant's data. */
const PUBLIC_FIELDS: ReadonlySet<string> = new Set(['_service', '__typename']);

/**
 * Whether a request reads only the subgraph's SDL, as schema registries do, which know no tenants. It is the only request that
 * needs no tenant. A request that does not parse is not one.
 */
export function asksOnlyForSdl(request: GraphQLHttpRequest): boolean {
  const given = queryText(request);
  if (given === null) return false;
  try {
    const operation = getOperationAST(parse(given.query), given.operationName);
    return (
      operation?.operation === 'query' &&
      operation.selectionSet.selections.every(
        (selection) => selection.kind === Kind.FIELD && PUBLIC_FIELDS.has(selection.name.value),
      )
    );
  } catch {
    return false;
  }
}

interface QueryText {
  readonly query: string;
  readonly operationName: string | null;
}

/** Null if the request has no query. */
function queryText({ method, body, search }: GraphQLHttpRequest): QueryText | null {
  const given = method === 'GET' ? Object.fromEntries(new URLSearchParams(search)) : body;
  if (typeof given !== 'object' || given === null || !('query' in given) || typeof given.query !== 'string')
    return null;
  const named = 'operationName' in given && typeof given.operationName === 'string';
  return { query: given.query, operationName: named ? String(given.operationName) : null };
}
