import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient, type FormattedExecutionResult } from 'graphql-ws';
import { WebSocket } from 'ws';

/** An execution result as a client gets it. */
export type Result = FormattedExecutionResult<Record<string, unknown>, Record<string, unknown>>;

export interface Operation {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

/** A client of subscriptions, which makes no attempt to connect again. */
export interface Subscriber {
  iterate(operation: Operation): AsyncIterableIterator<Result>;
  close(): void;
}

type Headers = Readonly<Record<string, string>>;

/** The reference client of graphql-transport-ws. @param url of GraphQL over HTTP. */
export function webSocketSubscriber(url: string, connectionParams: Headers): Subscriber {
  const client = createWsClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
  });
  return {
    iterate: (operation) => client.iterate(operation) as AsyncIterableIterator<Result>,
    close: () => void client.dispose(),
  };
}

/** The reference client of GraphQL over SSE. */
export function eventStreamSubscriber(url: string, headers: Headers): Subscriber {
  const client = createSseClient({ url, headers, retryAttempts: 0 });
  return {
    iterate: (operation) => client.iterate(operation) as unknown as AsyncIterableIterator<Result>,
    close: () => client.dispose(),
  };
}

/** The next results, as many as are asked for. */
export async function take(results: AsyncIterator<Result>, count: number): Promise<Result[]> {
  const taken: Result[] = [];
  while (taken.length < count) {
    const next = await results.next();
    if (next.done === true) throw new Error(`The events ended after ${taken.length}`);
    taken.push(next.value);
  }
  return taken;
}
