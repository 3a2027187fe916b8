import type { Caller } from '../domain/caller.ts';
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

/**
 * The answers to the events of a subscription, each the JSON text of an execution result. The value with which they are done is the text of the errors that
 * ended them, which have the cursor to continue from; null: they just ended.
 */
export type EventAnswers = AsyncIterator<string, string | null>;

export type StreamedAnswer =
  | { readonly kind: 'whole'; readonly response: GraphQLHttpResponse }
  /** `return` of the answers must be called unless they are done. */
  | { readonly kind: 'events'; readonly answers: EventAnswers };

/** GraphQL over HTTP for every tenant. */
export interface GraphQLHandler {
  /** Never rejects: every failure becomes a response with a coded error. */
  handle(request: GraphQLHttpRequest): Promise<GraphQLHttpResponse>;
  /**
   * As `handle`, for transports that can carry several answers.
   * @param signal ends the events; that of the request ends what comes before them.
   * @param caller who sends the request; undefined: the request itself says so.
   */
  stream(request: GraphQLHttpRequest, signal: AbortSignal, caller?: Caller): Promise<StreamedAnswer>;
  /** Who sends a request. @throws AtlasError */
  identify(request: GraphQLHttpRequest): Promise<Caller>;
  /** Of this process. */
  readonly subscriptions: { readonly open: number; readonly tenants: number };
  /** Ends all subscriptions with an error that says so, and refuses further ones. */
  endSubscriptions(): void;
  /**
   * Waits for the running requests, at most until the grace period is over. Later requests are answered with 503.
   */
  stop(): Promise<void>;
}
