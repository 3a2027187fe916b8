import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AtlasError } from '../domain/errors.ts';
import type { GraphQLHandler } from '../graphql/graphql-handler.ts';

export interface GraphQLRouteOptions {
  readonly handler: GraphQLHandler;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** `/graphql`, where whatever goes wrong before GraphQL has its say is answered in the shape of a GraphQL error. */
export function graphqlRoute(app: FastifyInstance, options: GraphQLRouteOptions): void {
  const { handler, maxBytes, timeoutMs } = options;
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    const { status, error: shown } = explain(error, options);
    return refuse(reply, status, shown);
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    bodyLimit: maxBytes,
    handlerTimeout: timeoutMs,
    handler: async (request, reply) => {
      const response = await handler.handle({
        method: request.method,
        headers: headersOf(request),
        body: request.body,
        search: searchOf(request.url),
        signal: new AbortController().signal,
      });
      // What is as fresh as it says must not be kept and given again later.
      const headers = { 'cache-control': 'no-store', ...Object.fromEntries(response.headers) };
      return reply.code(response.status).headers(headers).send(response.body);
    },
  });
  app.route({
    method: ['PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: '/graphql',
    handler: (request, reply) =>
      refuse(
        reply.header('allow', 'GET, POST'),
        405,
        new AtlasError(
          'BAD_USER_INPUT',
          `${request.method} is not how GraphQL is asked: use POST, or GET for a query.`,
        ),
      ),
  });
}

function explain(
  error: FastifyError,
  { maxBytes, timeoutMs }: GraphQLRouteOptions,
): { status: number; error: AtlasError } {
  if (error.code === 'FST_ERR_HANDLER_TIMEOUT') {
    const message = `The request took longer than ${timeoutMs} ms: ask for less at once.`;
    return { status: 504, error: new AtlasError('TIMEOUT', message) };
  }
  switch (error.statusCode) {
    case 413: {
      const message = `The request body must not be larger than ${maxBytes} bytes: send less at once.`;
      return { status: 413, error: new AtlasError('LIMIT_EXCEEDED', message) };
    }
    case 415: {
      const message = 'The request body must be JSON: send it with content-type: application/json.';
      return { status: 415, error: new AtlasError('BAD_USER_INPUT', message) };
    }
    case 400: {
      const message =
        'The request body cannot be read as JSON: send an object with "query" and, where needed, "variables" and "operationName".';
      return { status: 400, error: new AtlasError('BAD_USER_INPUT', message) };
    }
    default:
      throw error;
  }
}

function refuse(reply: FastifyReply, status: number, { message, code }: AtlasError): FastifyReply {
  return reply.code(status).send({ errors: [{ message, extensions: { code } }] });
}

function headersOf(request: FastifyRequest): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

function searchOf(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start);
}
