import Negotiator from 'negotiator';

const JSON_TYPE = 'application/json';
const RESPONSE_TYPE = 'application/graphql-response+json';

/** The media type of a response: what the client accepts, and JSON if it does not say. @param accept the header. */
export function responseType(accept: string | undefined): string {
  if (accept === undefined) return JSON_TYPE;
  return new Negotiator({ headers: { accept } }).mediaType([JSON_TYPE, RESPONSE_TYPE]) ?? JSON_TYPE;
}

/**
 * The status of the response to a GraphQL request that is refused for what it says: clients of `application/json` take any status but 200 for a proxy's, and do not
 * read the errors. Source: GraphQL over HTTP, section 6.4.
 */
export function statusWithType(status: number, accept: string | undefined): number {
  return status === 400 && responseType(accept) === JSON_TYPE ? 200 : status;
}
