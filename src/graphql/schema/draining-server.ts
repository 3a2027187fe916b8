import type { ApolloServer } from '@apollo/server';
import type { RequestContext } from '../../resolvers/request-context.ts';

type Server = ApolloServer<RequestContext>;

/** A server that, once retired, stops after its last running request. */
export class DrainingServer {
  readonly #server: Promise<Server>;
  #running = 0;
  #retired = false;
  #isStopping = false;

  constructor(server: Promise<Server>) {
    this.#server = server;
  }

  async use<T>(work: (server: Server) => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await work(await this.#server);
    } finally {
      this.#running -= 1;
      if (this.#retired) await this.#stopWhenIdle();
    }
  }

  async retire(): Promise<void> {
    this.#retired = true;
    await this.#stopWhenIdle();
  }

  /** Stops once: a second `stop` of an Apollo Server never settles while the first is running. */
  async #stopWhenIdle(): Promise<void> {
    if (!this.#retired || this.#running > 0 || this.#isStopping) return;
    this.#isStopping = true;
    const server = await this.#server;
    await server.stop();
  }
}
