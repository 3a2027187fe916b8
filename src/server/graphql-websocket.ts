import { setMaxListeners } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { GraphQLError, type GraphQLFormattedError, parse } from 'graphql';
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Caller } from '../domain/caller.ts';
import { AtlasError } from '../domain/errors.ts';
import type { EventAnswers, GraphQLHandler, GraphQLHttpRequest, StreamedAnswer } from '../graphql/graphql-handler.ts';
import { untilAborted } from '../lib/abort.ts';
import { startDeadline } from '../lib/deadline.ts';
import { exceedsShape, type JsonShapeLimits } from '../lib/json-shape.ts';
import type { Logger } from '../observability/logger.ts';
import { RequestReport } from '../resolvers/request-report.ts';
import { clientMessage } from './client-message.ts';
import { requestId } from './request-id.ts';
import type { RequestRecorder } from './request-recorder.ts';

export interface GraphQLWebSocketOptions {
  readonly handler: GraphQLHandler;
  /** Of a message. */
  readonly maxBytes: number;
  /** Of messages that clients do not read, over all connections. Beyond it, the one with most of them is closed. */
  readonly maxUnsentBytes: number;
  readonly shape: JsonShapeLimits;
  /** Longest time from a message `subscribe` until the subscription is open, or the answer to another operation. */
  readonly timeoutMs: number;
  /** Longest time from the opening of a connection to `connection_init`. */
  readonly initTimeoutMs: number;
  /** Origins whose pages may connect, besides the server's own. */
  readonly origins: readonly string[];
  /** Host names, without ports; any if there are none. */
  readonly hosts: readonly string[];
  readonly recorder: Pick<RequestRecorder, 'record'>;
  readonly logger: Logger;
}

/** One client. */
interface Connection {
  readonly request: IncomingMessage;
  readonly socket: WebSocket;
  /** Aborts with the connection. */
  readonly signal: AbortSignal;
  /** Who it is, and its headers; null before `connection_init`. */
  client: { readonly caller: Caller; readonly headers: ReadonlyMap<string, string> } | null;
}

interface Extra {
  readonly connection: Connection;
}

const PATH = '/graphql';
/** A connection whose client does not answer within this time is closed. */
const PING_MS = 12_000;
/** How long a client may take to close its connection when the server stops. */
const FAREWELL_MS = 1_000;
/** A smaller message cannot have a shape that takes long. */
const SMALL_BYTES = 10_000;
/** Of the reason with which a connection is closed, in bytes. */
const LONGEST_REASON = 123;
/** The library wants to know that the operation has events; what is executed, the handler decides. */
const EVENTS = parse('subscription { events }');
const EMPTY = Buffer.alloc(0);
const UPGRADE_HEADERS: ReadonlySet<string> = new Set(['upgrade', 'connection', 'http2-settings']);

/** GraphQL over WebSocket (subprotocol graphql-transport-ws) at /graphql. */
export function graphqlWebSocket(app: FastifyInstance, options: GraphQLWebSocketOptions): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: options.maxBytes, handleProtocols });
  const protocol = graphqlProtocol(options);
  const unsent = new UnsentMessages(sockets.clients, options.maxUnsentBytes);
  app.server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return serveAsIs(app.server, request, stream, head);
    const refusal = refusalOf(request, options);
    if (refusal !== null) return refuse(stream, refusal);
    sockets.handleUpgrade(request, stream, head, (socket) => serve(socket, request, { protocol, unsent }, options));
  });
  app.addHook('preClose', async () => {
    for (const socket of sockets.clients) {
      socket.close(1001, 'The server is stopping.');
      const timer = setTimeout(() => socket.terminate(), FAREWELL_MS);
      socket.once('close', () => clearTimeout(timer));
    }
  });
}

function graphqlProtocol(options: GraphQLWebSocketOptions) {
  const { handler, initTimeoutMs, logger } = options;
  return makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: initTimeoutMs,
    async onConnect({ extra: { connection }, connectionParams = {} }) {
      const headers = headersOf(connection.request, connectionParams);
      try {
        const request = requestOf(connection, headers, 'GET', undefined, connection.signal);
        connection.client = { caller: await handler.identify(request), headers };
        return true;
      } catch (error) {
        if (!(error instanceof AtlasError)) logger.error({ err: error }, 'a WebSocket connection failed');
        const reason = error instanceof AtlasError ? `${error.code}: ${error.message}` : 'Internal error.';
        connection.socket.close(CloseCode.Forbidden, shortened(reason));
        return false;
      }
    },
    async onSubscribe({ extra: { connection } }, _id, payload) {
      const { answer, release } = await streamedAnswer(connection, payload, options);
      const results = answer.kind === 'events' ? new Results(answer.answers, release) : answer.response.body;
      if (results instanceof Results) return { schema: null as never, document: EVENTS, contextValue: results };
      const result = JSON.parse(results) as { data?: unknown; errors?: readonly GraphQLFormattedError[] };
      if (result.data === undefined) return (result.errors ?? []).map(asError);
      return { schema: null as never, document: EVENTS, contextValue: only(result) };
    },
    subscribe: ({ contextValue }) => contextValue as never,
    // As it is: its errors have been formatted.
    onNext: (_context, _id, _payload, _args, result) => result as never,
  });
}

async function streamedAnswer(
  connection: Connection,
  payload: unknown,
  { handler, timeoutMs, recorder }: GraphQLWebSocketOptions,
): Promise<{ readonly answer: StreamedAnswer; readonly release: () => void }> {
  const { client, signal } = connection;
  if (client === null) throw new TypeError('The connection has no client yet');
  const startedAt = performance.now();
  const deadline = startDeadline(
    timeoutMs,
    () => new AtlasError('TIMEOUT', `The request took longer than ${timeoutMs} ms; request less data.`),
  );
  const onClose = () => deadline.abort(signal.reason);
  signal.addEventListener('abort', onClose, { once: true });
  // The subscription ends with the connection, or if opening it takes too long.
  const life = new AbortController();
  setMaxListeners(0, life.signal);
  const onEnd = () => life.abort(signal.reason);
  const release = () => signal.removeEventListener('abort', onEnd);
  signal.addEventListener('abort', onEnd, { once: true });
  const request = requestOf(connection, client.headers, 'POST', payload, deadline.signal);
  try {
    const answer = await untilAborted(handler.stream(request, life.signal, client.caller), deadline.signal);
    const status = answer.kind === 'whole' ? answer.response.status : 200;
    recorder.record(request.report, status, performance.now() - startedAt);
    if (answer.kind === 'whole') release();
    return { answer, release };
  } catch (error) {
    life.abort(error);
    release();
    if (!(error instanceof AtlasError)) throw error;
    const { message, code, hint } = error;
    const body = JSON.stringify({ errors: [{ message, extensions: { code, hint } }] });
    return { answer: { kind: 'whole', response: { status: 504, headers: new Map(), body } }, release };
  } finally {
    deadline.clear();
    signal.removeEventListener('abort', onClose);
  }
}

/** The answers in the form of the library, which tells the errors that are thrown. */
class Results implements AsyncIterableIterator<unknown> {
  readonly #answers: EventAnswers;
  readonly #release: () => void;

  /** @param release called at the end. */
  constructor(answers: EventAnswers, release: () => void) {
    this.#answers = answers;
    this.#release = release;
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    const next = await this.#answers.next();
    if (next.done !== true) return { done: false, value: JSON.parse(next.value) };
    this.#release();
    if (next.value === null) return { done: true, value: undefined };
    const { errors } = JSON.parse(next.value) as { errors: readonly [GraphQLFormattedError] };
    throw asError(errors[0]);
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.#release();
    await this.#answers.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Bounds the memory of what clients do not read: the library waits for none of them. */
class UnsentMessages {
  readonly #sockets: ReadonlySet<WebSocket>;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(sockets: ReadonlySet<WebSocket>, maxBytes: number) {
    this.#sockets = sockets;
    this.#maxBytes = maxBytes;
  }

  send(socket: WebSocket, text: string): Promise<void> {
    const bytes = Buffer.byteLength(text);
    this.#bytes += bytes;
    const sent = new Promise<void>((resolve) =>
      socket.send(text, () => {
        this.#bytes -= bytes;
        resolve();
      }),
    );
    if (this.#bytes > this.#maxBytes) this.#slowest().terminate();
    return sent;
  }

  #slowest(): WebSocket {
    return [...this.#sockets].reduce((slowest, one) => (one.bufferedAmount > slowest.bufferedAmount ? one : slowest));
  }
}

async function* only(result: unknown): AsyncGenerator<unknown> {
  yield result;
}

function asError({ message, extensions }: GraphQLFormattedError): GraphQLError {
  return new GraphQLError(message, { extensions: extensions ?? null });
}

function serve(
  socket: WebSocket,
  request: IncomingMessage,
  { protocol, unsent }: { protocol: ReturnType<typeof graphqlProtocol>; unsent: UnsentMessages },
  { shape, logger }: GraphQLWebSocketOptions,
): void {
  const life = new AbortController();
  setMaxListeners(0, life.signal);
  const failed = (error: unknown) => {
    logger.error({ err: error }, 'a WebSocket connection failed');
    socket.close(CloseCode.InternalServerError, 'Internal error.');
  };
  const refuseMessage = (reason: string) => socket.close(CloseCode.BadRequest, reason);
  // Such as a message that is too large: the library closes the connection and says why.
  socket.on('error', () => {});
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const pings = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, PING_MS);
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) => unsent.send(socket, text),
      // The library's reason may quote the client.
      close: (code, reason) => socket.close(code, shortened(reason)),
      onMessage: (take) =>
        socket.on('message', (data: Buffer) => {
          const excess = data.length < SMALL_BYTES ? null : exceedsShape(data, shape);
          if (excess !== null) return refuseMessage(`The message exceeds the limit of its ${excess}.`);
          const message = clientMessage(data.toString('utf8'));
          if (message === null) return refuseMessage('Only a server sends messages of this type.');
          void take(message).catch(failed);
        }),
    },
    { connection: { request, socket, signal: life.signal, client: null } },
  );
  socket.once('close', (code: number, reason: Buffer) => {
    clearInterval(pings);
    life.abort(new AtlasError('TIMEOUT', 'The client has gone.'));
    void closed(code, reason.toString()).catch(failed);
  });
}

/** As the reason with which a connection is closed. A character that is cut in two would become a longer one. */
function shortened(reason = ''): string {
  return Buffer.from(reason)
    .subarray(0, LONGEST_REASON)
    .toString()
    .replace(/\uFFFD$/, '');
}

/** The headers of the upgrade, and what `connection_init` adds to them: it cannot take the place of what a proxy has set. */
function headersOf(request: IncomingMessage, params: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(params)) {
    if (typeof value === 'string' || typeof value === 'number') headers.set(name.toLowerCase(), String(value));
  }
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  headers.set('accept', 'application/graphql-response+json').set('content-type', 'application/json');
  return headers;
}

function requestOf(
  { request }: Connection,
  headers: ReadonlyMap<string, string>,
  method: 'GET' | 'POST',
  body: unknown,
  signal: AbortSignal,
): GraphQLHttpRequest {
  const path = request.url ?? PATH;
  const report = new RequestReport(requestId(request));
  return { method, path, headers, body, rawBody: EMPTY, search: '', signal, report };
}

/**
 * Pages may connect anywhere, whatever the headers of CORS say: without this check, a foreign page could use what is open to this machine.
 * @returns the status and reason with which the connection is refused; null if it is not.
 */
function refusalOf({ url = '', headers }: IncomingMessage, { origins, hosts }: GraphQLWebSocketOptions): string | null {
  if (url.split('?', 1)[0] !== PATH) return '404 Not Found';
  const name = hostname(`http://${headers.host ?? ''}`);
  if (hosts.length > 0 && !hosts.some((host) => host.toLowerCase() === name)) return '421 Misdirected Request';
  const { origin } = headers;
  if (origin === undefined || origins.includes(origin)) return null;
  return URL.canParse(origin) && new URL(origin).host === headers.host ? null : '403 Forbidden';
}

function hostname(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname.toLowerCase() : null;
}

/** Node has taken its own listeners off the stream: an error of it would end the process, and a client that stays would keep it open. */
function refuse(stream: Duplex, status: string): void {
  stream.on('error', () => {});
  stream.once('finish', () => stream.destroy());
  stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

/**
 * A client may offer another protocol than WebSocket, as Java's does with every request, and is then served as if it had not (RFC 9110, section 7.8). Node
 * leaves every upgrade to its listener, so the request is given back to the server without the offer.
 */
function serveAsIs(server: Server, request: IncomingMessage, stream: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (!UPGRADE_HEADERS.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  stream.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', stream);
}
