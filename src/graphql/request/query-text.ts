import { getOperationAST, Kind, parse, type SelectionSetNode } from 'graphql';
import type { GraphQLHttpRequest } from '../graphql-handler.ts';

/**
 * Whether a request is `{ _service { sdl } }` and nothing else, as schema registries send it, which know no tenants. It is the only
 * request that needs no tenant, so it cannot be made to return the SDL many times. A request that does not parse is not one.
 */
export function asksOnlyForSdl(request: GraphQLHttpRequest): boolean {
  const given = queryText(request);
  if (given === null) return false;
  try {
    const operation = getOperationAST(parse(given.query, { maxTokens: MAX_SDL_QUERY_TOKENS }), given.operationName);
    return operation?.operation === 'query' && selectsOnly(operation.selectionSet, ['_service', 'sdl']);
  } catch {
    return false;
  }
}

/**
 * A subscription that is sent with GET, as browsers do for server-sent events, in the form of a POST: what executes it takes queries only with GET. All
 * other requests as they are.
 */
export function subscriptionAsPost(request: GraphQLHttpRequest): GraphQLHttpRequest {
  const given = request.method === 'GET' ? queryText(request) : null;
  if (given === null) return request;
  try {
    const operation = getOperationAST(parse(given.query, { noLocation: true }), given.operationName);
    if (operation?.operation !== 'subscription') return request;
    const { variables, extensions, ...rest } = Object.fromEntries(new URLSearchParams(request.search));
    const body = {
      ...rest,
      ...(variables !== undefined && { variables: JSON.parse(variables) }),
      ...(extensions !== undefined && { extensions: JSON.parse(extensions) }),
    };
    const headers = new Map([...request.headers, ['content-type', 'application/json']]);
    return { ...request, method: 'POST', headers, body, search: '' };
  } catch {
    // What is wrong with it is said when it is executed.
    return request;
  }
}

/** `query Name { _service { sdl } }` has 8 tokens. */
const MAX_SDL_QUERY_TOKENS = 20;

function selectsOnly({ selections }: SelectionSetNode, [name, ...inner]: readonly string[]): boolean {
  const [field, ...others] = selections;
  if (field?.kind !== Kind.FIELD || field.name.value !== name || others.length > 0) return false;
  return field.selectionSet === undefined ? inner.length === 0 : selectsOnly(field.selectionSet, inner);
}

export interface QueryText {
  readonly query: string;
  readonly operationName: string | null;
}

/** Null if the request has no query. */
export function queryText({ method, body, search }: GraphQLHttpRequest): QueryText | null {
  const given = method === 'GET' ? Object.fromEntries(new URLSearchParams(search)) : body;
  if (typeof given !== 'object' || given === null || !('query' in given) || typeof given.query !== 'string')
    return null;
  const named = 'operationName' in given && typeof given.operationName === 'string';
  return { query: given.query, operationName: named ? String(given.operationName) : null };
}
