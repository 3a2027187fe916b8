import { getOperationAST, Kind, parse } from 'graphql';
import type { GraphQLHttpRequest } from './graphql-handler.ts';

/** Fields that hold no tenant's data. */
const PUBLIC_FIELDS: ReadonlySet<string> = new Set(['_service', '__typename']);

/**
 * Whether a request reads nothing but the subgraph's SDL, as registries do that know of no tenants: the only request
 * that needs none. Whatever cannot be understood is not such a request.
 */
export function asksOnlyForSdl({ method, body, search }: GraphQLHttpRequest): boolean {
  const given = method === 'GET' ? Object.fromEntries(new URLSearchParams(search)) : body;
  if (typeof given !== 'object' || given === null || !('query' in given) || typeof given.query !== 'string')
    return false;
  const name = 'operationName' in given && typeof given.operationName === 'string' ? given.operationName : null;
  try {
    const operation = getOperationAST(parse(given.query), name);
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
