import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Service } from '../lifecycle/lifecycle.ts';
import { type AppOptions, buildApp } from './build-app.ts';

/** Where people reach a server that listens on this address. */
const BROWSABLE: Readonly<Record<string, string>> = {
  '127.0.0.1': 'localhost',
  '::1': 'localhost',
  '0.0.0.0': 'localhost',
  '::': 'localhost',
};

export class HttpServer implements Service {
  readonly name = 'HTTP server';
  readonly #options: AppOptions;
  readonly #app: FastifyInstance;
  #stopping = false;

  constructor(options: AppOptions) {
    this.#options = options;
    this.#app = buildApp(options);
    this.#app.addHook('onSend', async (_request, reply) => {
      if (this.#stopping) reply.header('connection', 'close');
    });
  }

  /** With the port it really listens on. @throws Error before the server listens. */
  get url(): string {
    const [address] = this.#app.addresses() as AddressInfo[];
    if (address === undefined) throw new Error('The HTTP server does not listen yet');
    const host = BROWSABLE[address.address] ?? (address.family === 'IPv6' ? `[${address.address}]` : address.address);
    return `http://${host}:${address.port}`;
  }

  /** @throws Error with the code EADDRINUSE where something else listens on the port, or EACCES, EADDRNOTAVAIL. */
  async start(): Promise<void> {
    const { ATLAS_HOST: host, ATLAS_PORT: port } = this.#options.settings;
    await this.#app.listen({ host, port });
  }

  /**
   * Stops listening, lets the running requests finish, then closes the connections that are kept alive. What still runs
   * after the grace period is cut off.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    const cutOff = setTimeout(
      () => this.#app.server.closeAllConnections(),
      this.#options.settings.ATLAS_SHUTDOWN_GRACE_MS,
    );
    await this.#app.close();
    clearTimeout(cutOff);
  }
}
