import { getOperationAST, Kind, parse } from 'graphql';
import type { GraphQLHttpRequest } from '../graphql-handler.ts';
import { queryText } from './query-text.ts';

/** Fields that hold no tenant's data. */
const PUBLIC_FIELDS: ReadonlySet<string> = new Set(['_service', '__typename']);

/**
 * Whether a request reads nothing but the subgraph's SDL, as registries do that know of no tenants: the only request
 * that needs none. Whatever cannot be understood is not such a request.
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
