import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AtlasError } from '../domain/errors.ts';
import type { GraphQLHandler } from '../graphql/graphql-handler.ts';

/** `/graphql`, where whatever goes wrong before GraphQL has its say is answered in the shape of a GraphQL error. */
export async function graphqlRoute(app: FastifyInstance, handler: GraphQLHandler, maxBytes: number): Promise<void> {
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    const { status, error: shown } = explain(error, maxBytes);
    return refuse(reply, status, shown);
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    bodyLimit: maxBytes,
    handler: async (request, reply) => {
      const response = await handler.handle({
        method: request.method,
        headers: headersOf(request),
        body: request.body,
        search: searchOf(request.url),
      });
      return reply.code(response.status).headers(Object.fromEntries(response.headers)).send(response.body);
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

function explain(error: FastifyError, maxBytes: number): { status: number; error: AtlasError } {
  const because = { cause: error };
  switch (error.statusCode) {
    case 413:
      return {
        status: 413,
        error: new AtlasError('LIMIT_EXCEEDED', `The request body must not be larger than ${maxBytes} bytes.`, because),
      };
    case 415:
      return {
        status: 415,
        error: new AtlasError('BAD_USER_INPUT', 'The request body must be JSON: send content-type: application/json.'),
      };
    case 400:
      return {
        status: 400,
        error: new AtlasError(
          'BAD_USER_INPUT',
          'The request body is not JSON that can be read: send an object with "query" and, where needed, "variables" and "operationName".',
          because,
        ),
      };
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
