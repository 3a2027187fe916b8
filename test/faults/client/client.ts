import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../src/lib/clock.ts';
import { type Answer, type GraphQLRequest, NoAnswer, type ReportedError, type ReportedSummary } from './answer.ts';
import { type Falsification, HONEST } from './falsification.ts';

/** Longer than a request of the server and the longest pause of a process together. */
const LONGEST_ANSWER_MS = 40_000;

interface Body {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly ReportedError[];
  readonly extensions?: { readonly freshness?: ReportedSummary };
}

/** Sends GraphQL to the servers of a stack, and says when. */
export class Client {
  /** What it falsifies on the way, to show that the checker notices. */
  falsification: Falsification = HONEST;
  readonly #stopping: AbortSignal;

  constructor(stopping: AbortSignal) {
    this.#stopping = stopping;
  }

  /** @throws NoAnswer */
  async ask(url: string, tenant: number, request: Omit<GraphQLRequest, 'headers'>, headers = {}): Promise<Answer> {
    const asked = { ...request, headers: { ...headers, 'x-tenant-id': String(tenant) } };
    const sentAt = systemClock.now();
    const invented = this.falsification.answerInstead?.(asked);
    if (invented !== undefined) {
      await sleep(1);
      return { ...invented, request: asked, url, sentAt, answeredAt: systemClock.now() };
    }
    const sent = this.falsification.request?.(asked) ?? asked;
    const answer = await this.#send(url, sent, sentAt);
    return this.falsification.answer?.({ ...answer, request: asked }) ?? { ...answer, request: asked };
  }

  async #send(url: string, request: GraphQLRequest, sentAt: number): Promise<Answer> {
    try {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...request.headers },
        body: JSON.stringify({ query: request.query, variables: request.variables }),
        signal: AbortSignal.any([this.#stopping, AbortSignal.timeout(LONGEST_ANSWER_MS)]),
      });
      const body = (await response.json()) as Body;
      return {
        request,
        url,
        sentAt,
        answeredAt: systemClock.now(),
        status: response.status,
        headers: Object.fromEntries(response.headers),
        data: body.data ?? null,
        errors: body.errors ?? [],
        freshness: body.extensions?.freshness ?? null,
      };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
      throw new NoAnswer(`${error instanceof Error ? error.message : String(error)} ${cause}`);
    }
  }
}
