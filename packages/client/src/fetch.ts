import type { ServedFreshness } from './core/freshness.ts';
import { AtlasSession, type GraphQLFault, type OperationKind } from './core/operation-run.ts';
import type { AtlasOptions, OperationOptions } from './core/options.ts';

export { ConsistencyTokens } from './core/consistency-tokens.ts';
export { type RequestedFreshness, type ServedFreshness, servedFreshness } from './core/freshness.ts';
export type { AtlasOptions, OperationOptions, RetryOptions } from './core/options.ts';

/** GraphQL text, or a document that the client preset generates with `documentMode: 'string'`, which knows its types. */
export interface TypedDocument<Result, Variables> {
  toString(): string;
  readonly __apiType?: ((variables: Variables) => Result) | undefined;
}

export interface AtlasFetchOptions extends AtlasOptions {
  readonly url: string | URL;
  /** Sent with every request, for example `authorization`. Called for each attempt. */
  readonly headers?: (() => Record<string, string> | Promise<Record<string, string>>) | undefined;
  /** Default: that of the platform. */
  readonly fetch?: typeof fetch | undefined;
}

export interface RequestOptions extends OperationOptions {
  readonly operationName?: string | undefined;
  /** Ends the request, and the wait for a retry. */
  readonly signal?: AbortSignal | undefined;
}

export interface AtlasResult<Result> {
  /** Null or in part, if there are errors. */
  readonly data: Result | null;
  readonly errors: readonly GraphQLFault[];
  readonly extensions: Readonly<Record<string, unknown>>;
  /** Null if nothing was read, or if the server is not Atlas. */
  readonly served: ServedFreshness | null;
}

export type AtlasFetch = <Result = unknown, Variables = Record<string, unknown>>(
  document: TypedDocument<Result, Variables>,
  variables?: Variables,
  options?: RequestOptions,
) => Promise<AtlasResult<Result>>;

/** The response is not GraphQL: a proxy or another server sent it. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  readonly response: Response;

  constructor(response: Response) {
    super(`${response.url} answered ${response.status} without GraphQL; expected JSON with "data" or "errors".`);
    this.response = response;
  }
}

/**
 * A function that sends one operation with `fetch`. It carries consistency tokens, asks for `options.freshness`, returns what was served,
 * and waits as `retryAfterMs` says. Errors of GraphQL are returned, not thrown.
 * @throws ResponseError from the function, and whatever `fetch` throws.
 */
export function atlasFetch({ url, headers: own, fetch: send = fetch, ...options }: AtlasFetchOptions): AtlasFetch {
  const session = new AtlasSession(options);
  return async (document, variables, { operationName, signal, ...given } = {}) => {
    const query = document.toString();
    let served: ServedFreshness | null = null;
    const run = session.run(kindOf(query), {
      ...given,
      onServed: (one) => {
        served = one;
        given.onServed?.(one);
      },
    });
    const body = JSON.stringify({ query, variables, operationName });
    while (true) {
      const headers = new Headers(await own?.());
      headers.set('content-type', 'application/json');
      for (const [name, value] of Object.entries(run.headers())) headers.set(name, value);
      const response = await send(url, { method: 'POST', headers, body, ...(signal && { signal }) });
      const answer = await graphqlOf(response);
      const wait = run.settle({ ...answer, headers: response.headers });
      if (wait === null) {
        const { data = null, errors = [], extensions = {} } = answer;
        return { data: data as never, errors, extensions, served };
      }
      await pause(wait, signal);
    }
  };
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFault[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

async function graphqlOf(response: Response): Promise<Answer> {
  const answer: unknown = await response.json().catch((error: unknown) => {
    if (error instanceof SyntaxError) return null;
    throw error;
  });
  if (!isGraphQL(answer)) throw new ResponseError(response);
  return answer;
}

function isGraphQL(answer: unknown): answer is Answer {
  if (typeof answer !== 'object' || answer === null) return false;
  return 'data' in answer || ('errors' in answer && Array.isArray(answer.errors));
}

/** By the words outside of braces. A document with a mutation is one, whatever else it has. */
function kindOf(document: string): OperationKind {
  let outside = document.replace(/"""[\s\S]*?"""|"(?:\\.|[^"\\])*"|#.*/g, '');
  for (let inner = ''; inner !== outside; ) {
    inner = outside;
    outside = inner.replace(/\{[^{}]*\}/g, ' ');
  }
  return /\bmutation\b/.test(outside) ? 'mutation' : 'query';
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
}
