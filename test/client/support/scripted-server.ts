import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Scripted {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is. */
  readonly body: object | string;
}

export interface ScriptedServer {
  readonly url: string;
  /** What has arrived since the last `script`. */
  readonly received: { readonly headers: IncomingHttpHeaders; readonly query: string }[];
  /** The answers to the next requests, in order; the last one is repeated. A function is given the request. */
  script(...answers: (Scripted | (() => Promise<Scripted>))[]): void;
  stop(): Promise<void>;
}

/** A server that answers what a test says. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const received: ScriptedServer['received'] = [];
  let answers: (Scripted | (() => Promise<Scripted>))[] = [];
  const server = createServer(async (request, response) => {
    const text = (await request.toArray()).join('');
    received.push({ headers: request.headers, query: (JSON.parse(text) as { query: string }).query });
    const next = answers.length > 1 ? answers.shift() : answers[0];
    const { status = 200, headers, body = '' } = (typeof next === 'function' ? await next() : next) ?? {};
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    received,
    script: (...given) => {
      received.length = 0;
      answers = given;
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
