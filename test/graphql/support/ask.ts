import { setMaxListeners } from 'node:events';
import type { GraphQLHandler } from '../../../src/graphql/graphql-handler.ts';
import { RequestReport } from '../../../src/resolvers/request-report.ts';

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly data: unknown;
  readonly errors: readonly { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
  readonly extensions: Record<string, unknown>;
  /** Codes of the errors. */
  readonly codes: readonly unknown[];
}

interface Question {
  readonly variables?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** POSTs a query to the handler as the HTTP server does. */
export function ask(handler: GraphQLHandler, query: string, { variables, headers }: Question = {}): Promise<Answer> {
  return send(handler, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: { query, ...(variables && { variables }) },
    search: '',
  });
}

export async function send(
  handler: GraphQLHandler,
  request: { method: string; headers: Readonly<Record<string, string>>; body: unknown; search: string; path?: string },
): Promise<Answer> {
  // With which a refused request has a status that says so.
  const headers = new Map(Object.entries({ accept: 'application/graphql-response+json', ...request.headers }));
  // Only signatures cover it, and not everything that JSON.parse takes can be written again.
  const rawBody = Buffer.from(headers.has('x-atlas-signature') ? JSON.stringify(request.body) : '');
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const report = new RequestReport('test');
  const response = await handler.handle({
    path: `/graphql${request.search}`,
    ...request,
    headers,
    rawBody,
    signal,
    report,
  });
  const body = JSON.parse(response.body) as Partial<Answer>;
  const errors = body.errors ?? [];
  return {
    status: response.status,
    headers: response.headers,
    data: body.data ?? null,
    errors,
    extensions: body.extensions ?? {},
    codes: errors.map(({ extensions }) => extensions.code),
  };
}
