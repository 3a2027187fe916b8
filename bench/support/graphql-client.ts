import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Stage } from './stage.ts';

/** Operations of the giant tenant, over connections that are kept. It takes less of the cores that all share than `fetch` does. */
export class GraphQLClient {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  private constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#headers = headers;
  }

  static async open(stage: Stage): Promise<GraphQLClient> {
    return new GraphQLClient(`${stage.serve.url}/graphql`, {
      'content-type': 'application/json',
      ...(await stage.headers()),
    });
  }

  /** @param body the text of a request. @throws unless the answer has no errors. */
  async send(body: string): Promise<void> {
    const headers = { ...this.#headers, 'content-length': Buffer.byteLength(body) };
    const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers }).end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const answer = await text(response);
    if (response.statusCode !== 200 || 'errors' in (JSON.parse(answer) as object)) throw new Error(answer);
  }

  close(): void {
    this.#agent.destroy();
  }
}
