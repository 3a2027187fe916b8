import type { RequestReport } from '../resolvers/request-report.ts';

/** One HTTP request to the GraphQL endpoint, independent of the HTTP server. */
export interface GraphQLHttpRequest {
  readonly method: string;
  /** The path with the query string, as it was sent. */
  readonly path: string;
  /** Names in lower case; values of a repeated header joined by a comma and a space. */
  readonly headers: ReadonlyMap<string, string>;
  /** The parsed JSON body; undefined if there is none. */
  readonly body: unknown;
  /** The body as it was sent; empty if there is none. */
  readonly rawBody: Buffer;
  /** The query string with its question mark, or empty. */
  readonly search: string;
  /** Aborted when the request's time is up or its client has gone. Everything that still runs for it then ends. */
  readonly signal: AbortSignal;
  /** Where it is noted what the request does. */
  readonly report: RequestReport;
}

export interface GraphQLHttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** GraphQL over HTTP for every tenant. */
export interface GraphQLHandler {
  /** Never rejects: every failure becomes a response with a coded error. */
  handle(request: GraphQLHttpRequest): Promise<GraphQLHttpResponse>;
  /**
   * Waits for the running requests, at most until the grace period is over. Later requests are answered with 503.
   */
  stop(): Promise<void>;
}
