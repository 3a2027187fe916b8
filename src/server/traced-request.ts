import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Tracing } from '../observability/tracing.ts';

/**
 * Runs the work on a request in a span of its own, which continues the trace of `traceparent`. The query string is left out: it may hold a document and
 * its variables. Null: nothing is traced.
 */
export function tracedRequest<T>(
  tracing: Tracing | null,
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<T>,
): Promise<T> {
  if (tracing === null) return work();
  const { method, headers } = request;
  const route = request.routeOptions.url;
  const attributes = {
    'http.request.method': method,
    'http.route': route,
    'url.scheme': request.protocol,
    'url.path': request.url.split('?', 1)[0],
    'network.protocol.version': request.raw.httpVersion,
    'server.address': request.hostname,
    'server.port': request.port ?? undefined,
    'user_agent.original': headers['user-agent'],
    'http.response.header.x-request-id': [request.id],
  };
  return tracing.span(`${method} ${route}`, { kind: 'server', attributes, from: headers }, async (span) => {
    const result = await work();
    const { statusCode } = reply;
    span.set({ 'http.response.status_code': statusCode });
    // What is wrong with a request is no failure of the server.
    if (statusCode >= 500) span.fail(String(statusCode));
    return result;
  });
}
