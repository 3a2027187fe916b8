import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SECURITY_HEADERS } from './protect.ts';

/** Answers to requests that no route ever sees, with the headers of every response. Options of fastify. */
export const malformedRequests = {
  frameworkErrors(error: { readonly statusCode?: number }, _request: FastifyRequest, reply: FastifyReply): void {
    reply
      .code(error.statusCode ?? 400)
      .headers(SECURITY_HEADERS)
      .send({ error: 'The path is not valid.' });
  },

  clientErrorHandler(error: Error & { readonly code?: string }, socket: Socket): void {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    if (socket.writable) socket.write(refusal(error.code));
    socket.destroy(error);
  },
};

const REFUSALS: Readonly<Record<string, readonly [status: number, problem: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: [431, 'The headers of the request are too large.'],
};

/** The text of a whole response: there is no request to reply to. */
function refusal(code: string | undefined): string {
  const [status, error] = REFUSALS[code ?? ''] ?? [400, 'The request is not valid HTTP.'];
  const body = JSON.stringify({ error });
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n');
}
