import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Service } from '../lifecycle/lifecycle.ts';
import { type AppOptions, buildAdminApp, buildApp } from './build-app.ts';
import { Readiness } from './readiness.ts';

/** How long sending the answers to requests that the grace period has ended may take. */
const FAREWELL_MS = 500;

/** The host under which people reach a server that listens on this address. */
const BROWSABLE: Readonly<Record<string, string>> = {
  '127.0.0.1': 'localhost',
  '::1': 'localhost',
  '0.0.0.0': 'localhost',
  '::': 'localhost',
};

export type HttpServerOptions = Omit<AppOptions, 'readiness'>;

export class HttpServer implements Service {
  readonly name = 'HTTP server';
  readonly #options: HttpServerOptions;
  readonly #readiness: Readiness;
  readonly #app: FastifyInstance;
  /** With a port of its own; null if there is none. */
  readonly #admin: FastifyInstance | null;
  #leaving = false;

  constructor(options: HttpServerOptions) {
    const { replication, shards, http, clock } = options;
    this.#options = options;
    this.#readiness = new Readiness({ replication, shards, startLimitMs: http.readyStartLimitMs, clock });
    const parts = { ...options, readiness: this.#readiness };
    this.#app = buildApp(parts);
    this.#admin = http.admin === null ? null : buildAdminApp(parts);
    // Only a client that is told so with a response can leave its connection without losing a request.
    this.#app.addHook('onSend', async (_request, reply) => {
      if (this.#leaving) reply.header('connection', 'close');
    });
  }

  /** Where GraphQL is, with the port it listens on. @throws Error before the server listens. */
  get url(): string {
    return urlOf(this.#app);
  }

  /** Where health and metrics are. @throws Error before the server listens. */
  get adminUrl(): string {
    return urlOf(this.#admin ?? this.#app);
  }

  /** @throws Error with the code EADDRINUSE if something else listens on a port, or EACCES, EADDRNOTAVAIL. */
  async start(): Promise<void> {
    const { host, port, admin } = this.#options.http;
    if (admin !== null) await this.#admin?.listen(admin);
    try {
      await this.#app.listen({ host, port });
    } catch (error) {
      await this.#admin?.close();
      throw error;
    }
  }

  /** Is not ready any more, so that balancers send requests elsewhere, but answers everything until they all have noticed. */
  async drain(): Promise<void> {
    this.#readiness.drain();
    this.#leaving = true;
    await delay(this.#options.http.drainMs);
  }

  /**
   * Ends the subscriptions, stops listening, lets the running requests finish, then closes the connections that are kept alive. Requests that still
   * run after the grace period are ended and answered.
   */
  async stop(): Promise<void> {
    this.#readiness.drain();
    this.#leaving = true;
    const { grace } = this.#options;
    let cutOff: NodeJS.Timeout | undefined;
    const onOver = () => {
      cutOff = setTimeout(() => this.#app.server.closeAllConnections(), FAREWELL_MS);
    };
    if (grace.over.aborted) onOver();
    else grace.over.addEventListener('abort', onOver, { once: true });
    grace.begin();
    this.#options.graphql?.endSubscriptions();
    await this.#app.close();
    // Whoever watches the process sees it leave to the end.
    this.#admin?.server.closeAllConnections();
    await this.#admin?.close();
    grace.over.removeEventListener('abort', onOver);
    clearTimeout(cutOff);
  }
}

function urlOf(app: FastifyInstance): string {
  const [address] = app.addresses() as AddressInfo[];
  if (address === undefined) throw new Error('The HTTP server does not listen yet');
  const host = BROWSABLE[address.address] ?? (address.family === 'IPv6' ? `[${address.address}]` : address.address);
  return `http://${host}:${address.port}`;
}
