import { setMaxListeners } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AtlasError } from '../domain/errors.ts';
import { overLimit } from '../domain/over-limit.ts';
import type {
  EventAnswers,
  GraphQLHandler,
  GraphQLHttpRequest,
  GraphQLHttpResponse,
} from '../graphql/graphql-handler.ts';
import { untilAborted } from '../lib/abort.ts';
import { type Deadline, startDeadline } from '../lib/deadline.ts';
import { eventLoopTurns } from '../lib/event-loop-turns.ts';
import { exceedsShape, type JsonShapeLimits } from '../lib/json-shape.ts';
import type { ShutdownGrace } from '../lifecycle/shutdown-grace.ts';
import type { Tracing } from '../observability/tracing.ts';
import { RequestReport } from '../resolvers/request-report.ts';
import type { ArrivingBodies } from './arriving-bodies.ts';
import { COMPLETE_EVENT, EVENT_STREAM_HEADERS, nextEvent, sendEvents, wantedAnswer } from './event-stream.ts';
import type { RequestRecorder } from './request-recorder.ts';
import { tracedRequest } from './traced-request.ts';
import type { UnsentResponses } from './unsent-responses.ts';

export interface GraphQLRouteOptions {
  readonly handler: GraphQLHandler;
  readonly maxBytes: number;
  /** Longest time from the arrival of a request to its response. */
  readonly timeoutMs: number;
  /** Of a body. */
  readonly shape: JsonShapeLimits;
  readonly arriving: ArrivingBodies;
  readonly unsent: UnsentResponses;
  readonly grace: ShutdownGrace;
  readonly recorder: Pick<RequestRecorder, 'record'>;
  /** Null if nothing is traced. */
  readonly tracing: Tracing | null;
  /** Called if the grace period ends requests, with their number. */
  readonly onCutOff: (requests: number) => void;
}

/** Why a request ends before its response is ready, with the status of its response. */
class RequestEnded extends AtlasError {
  readonly status: number;

  constructor(status: number, message: string) {
    super('TIMEOUT', message);
    this.status = status;
  }
}

/**
 * The running requests by connection: all of them end with it. The `close` of a response is not used, because Node emits
 * it only for the response being sent, not for those of pipelined requests behind it.
 */
class Clients {
  readonly #running = new WeakMap<Socket, Set<Deadline>>();

  add(socket: Socket, request: Deadline): void {
    this.#requestsOf(socket).add(request);
    if (socket.destroyed) request.abort(clientGone());
  }

  delete(socket: Socket, request: Deadline): void {
    this.#running.get(socket)?.delete(request);
  }

  #requestsOf(socket: Socket): Set<Deadline> {
    const known = this.#running.get(socket);
    if (known !== undefined) return known;
    const requests = new Set<Deadline>();
    this.#running.set(socket, requests);
    socket.once('close', () => {
      for (const request of requests) request.abort(clientGone());
    });
    return requests;
  }
}

/** A body that is not parsed. */
class RefusedBody extends AtlasError {
  readonly statusCode = 400;
}

interface Body {
  readonly raw: Buffer;
  readonly parsed: unknown;
}

const NO_BODY: Body = { raw: Buffer.alloc(0), parsed: undefined };
/** What smaller bodies have is not worth counting. */
const COUNTED_BODY_BYTES = 10_000;
const LARGE_BODY_BYTES = 100_000;
const BYTE_ORDER_MARK = /^\uFEFF/;

/** Of the events of an answer: ends with the response, or the connection. */
function lifeOf(socket: Socket, response: ServerResponse): AbortController {
  const life = new AbortController();
  setMaxListeners(0, life.signal);
  const onGone = () => life.abort(clientGone());
  if (socket.destroyed) onGone();
  socket.once('close', onGone);
  response.once('close', () => {
    socket.off('close', onGone);
    onGone();
  });
  return life;
}

function clientGone(): RequestEnded {
  return new RequestEnded(499, 'The client has gone.');
}

/**
 * `/graphql`. Failures before GraphQL runs are answered in the shape of a GraphQL error. When a request's time is
 * up, its client has gone or the shutdown's grace period is over, its signal aborts, and it is answered immediately.
 *
 * Fastify's own `handlerTimeout` is not used: it drops its timer when the request closes, which Node reports as soon as a body
 * has been read, so it never fires for a POST.
 */
export function graphqlRoute(app: FastifyInstance, options: GraphQLRouteOptions): void {
  const { handler, maxBytes, timeoutMs, grace } = options;
  const running = new Set<Deadline>();
  const clients = new Clients();
  grace.over.addEventListener('abort', () => {
    const reason = new RequestEnded(503, 'The server stopped before the request was done; retry.');
    if (running.size > 0) options.onCutOff(running.size);
    for (const deadline of running) deadline.abort(reason);
  });
  app.removeContentTypeParser(['text/plain', 'application/json']);
  app.addHook('onRequest', ({ raw }, reply, done) => {
    // A response states how fresh it is, so it must not be cached and served later.
    reply.header('cache-control', 'no-store');
    options.arriving.begin(raw.socket, raw.headers);
    done();
  });
  app.addHook('onResponse', ({ raw }, _reply, done) => {
    options.arriving.end(raw.socket);
    done();
  });
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, raw: Buffer): Promise<Body> => {
      options.arriving.end(request.raw.socket);
      // Several large bodies may have arrived in this turn.
      if (raw.length >= LARGE_BODY_BYTES) await eventLoopTurns.next();
      if (raw.length >= COUNTED_BODY_BYTES) checkShape(raw, options.shape);
      try {
        return { raw, parsed: JSON.parse(raw.toString('utf8').replace(BYTE_ORDER_MARK, '')) };
      } catch (error) {
        throw Object.assign(error as SyntaxError, { statusCode: 400 });
      }
    },
  );
  /** @param report none if the request was refused before it was read. */
  const refused = (
    reply: FastifyReply,
    status: number,
    { message, code, hint }: AtlasError,
    report?: RequestReport,
  ) => {
    const own = report ?? new RequestReport(reply.request.id);
    own.errors = [{ code, count: 1 }];
    options.recorder.record(own, status, reply.elapsedTime);
    return reply.code(status).send({ errors: [{ message, extensions: { ...(hint !== null && { hint }), code } }] });
  };
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    const { status, error: shown } = explain(error, options);
    return refused(reply, status, shown);
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    bodyLimit: maxBytes,
    handler: (request, reply) => tracedRequest(options.tracing, request, reply, () => answer(request, reply)),
  });
  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    // The time that the request took to arrive counts.
    const deadline = startDeadline(
      timeoutMs - reply.elapsedTime,
      () => new RequestEnded(504, `The request took longer than ${timeoutMs} ms; request less data.`),
    );
    running.add(deadline);
    const report = new RequestReport(request.id);
    const { socket } = request.raw;
    clients.add(socket, deadline);
    let life: AbortController | null = null;
    try {
      // Parsing a large body takes as long as the work on it that follows.
      const { raw, parsed } = (request.body as Body | undefined) ?? NO_BODY;
      if (raw.length >= LARGE_BODY_BYTES) await eventLoopTurns.next();
      const wanted = wantedAnswer(request.headers.accept);
      const asked: GraphQLHttpRequest = {
        method: request.method,
        path: request.url,
        headers: headersOf(request, wanted.accept),
        body: parsed,
        rawBody: raw,
        search: searchOf(request.url),
        signal: deadline.signal,
        report,
      };
      let response: GraphQLHttpResponse;
      if (wanted.events) {
        life = lifeOf(socket, reply.raw);
        const answered = await untilAborted(handler.stream(asked, life.signal), deadline.signal);
        if (answered.kind === 'events') {
          options.recorder.record(report, 200, reply.elapsedTime);
          return await streamed(reply, answered.answers, life.signal);
        }
        ({ response } = answered);
      } else {
        response = await untilAborted(handler.handle(asked), deadline.signal);
      }
      options.recorder.record(report, response.status, reply.elapsedTime);
      const isEvent = wanted.events && !wanted.json && response.status < 400;
      const body = isEvent ? `${nextEvent(response.body)}${COMPLETE_EVENT}` : response.body;
      for (const [name, value] of response.headers) reply.header(name, value);
      if (isEvent) reply.headers(EVENT_STREAM_HEADERS);
      options.unsent.add(reply.raw, Buffer.byteLength(body));
      return reply.code(response.status).send(body);
    } catch (error) {
      life?.abort(error);
      if (!(error instanceof RequestEnded)) throw error;
      return refused(reply, error.status, error, report);
    } finally {
      deadline.clear();
      running.delete(deadline);
      clients.delete(socket, deadline);
    }
  }
  /** Not through fastify, which would compress the stream and so hold its events back. */
  async function streamed(reply: FastifyReply, answers: EventAnswers, signal: AbortSignal): Promise<FastifyReply> {
    reply.hijack();
    reply.raw.writeHead(200, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...EVENT_STREAM_HEADERS });
    void sendEvents(reply.raw, answers, signal).catch(() => reply.raw.destroy());
    return reply;
  }
  app.route({
    method: ['PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: '/graphql',
    handler: (request, reply) =>
      refused(
        reply.header('allow', 'GET, POST'),
        405,
        new AtlasError('BAD_USER_INPUT', `Method ${request.method} is not allowed; use POST, or GET for a query.`),
      ),
  });
}

function checkShape(raw: Buffer, shape: JsonShapeLimits): void {
  switch (exceedsShape(raw, shape)) {
    case 'depth':
      throw new RefusedBody('LIMIT_EXCEEDED', `The request body is nested more than ${shape.depth} deep, the limit.`, {
        hint: overLimit('Nest less', 'ATLAS_MAX_REQUEST_DEPTH'),
      });
    case 'names':
      throw new RefusedBody(
        'LIMIT_EXCEEDED',
        `The request body has more than ${shape.names} different names of members, the limit; send less data.`,
        { hint: overLimit('Send less data at once', 'ATLAS_MAX_REQUEST_NAMES') },
      );
    default:
  }
}

function explain(error: FastifyError, { maxBytes }: GraphQLRouteOptions): { status: number; error: AtlasError } {
  if (error instanceof RefusedBody) return { status: error.statusCode, error };
  switch (error.statusCode) {
    case 413: {
      const message = `The request body is larger than ${maxBytes} bytes; send less data.`;
      const hint = overLimit('Send less data at once', 'ATLAS_MAX_REQUEST_BYTES');
      return { status: 413, error: new AtlasError('LIMIT_EXCEEDED', message, { hint }) };
    }
    case 415: {
      const message = 'The request body is not JSON; send JSON with content-type: application/json.';
      return {
        status: 415,
        error: new AtlasError('BAD_USER_INPUT', message, { hint: 'Send JSON with content-type: application/json.' }),
      };
    }
    case 400: {
      const message =
        'The request body is not valid JSON; send an object with "query" and, if needed, "variables" and "operationName".';
      return { status: 400, error: new AtlasError('BAD_USER_INPUT', message) };
    }
    default:
      throw error;
  }
}

function headersOf(request: FastifyRequest, accept: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  if (request.headers.accept !== undefined) headers.set('accept', accept);
  return headers;
}

function searchOf(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start);
}
