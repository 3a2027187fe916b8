import { type Exchange, makeOperation, type Operation, type OperationContext, type OperationResult } from '@urql/core';
import { filter, makeSubject, map, merge, pipe } from 'wonka';
import type { ResponseHeaders } from './core/freshness.ts';
import { AtlasSession, type OperationRun } from './core/operation-run.ts';
import type { AtlasOptions, OperationOptions } from './core/options.ts';

export { ConsistencyTokens } from './core/consistency-tokens.ts';
export { type RequestedFreshness, type ServedFreshness, servedFreshness } from './core/freshness.ts';
export type { AtlasOptions, OperationOptions, RetryOptions } from './core/options.ts';

declare module '@urql/core' {
  interface OperationContext {
    atlas?: OperationOptions | undefined;
  }
}

/** An operation and its run, in the context of what is sent. */
interface Sent {
  /** As it came in, without the headers of an attempt. */
  readonly operation: Operation;
  readonly run: OperationRun;
  /** Of the last response; null if they are not known. */
  headers: ResponseHeaders | null;
}

const SENT = Symbol('sent by atlasExchange');
type SentContext = OperationContext & { readonly [SENT]?: Sent };

/**
 * An exchange in front of `fetchExchange`: `exchanges: [cacheExchange, atlasExchange(), fetchExchange]`. It carries consistency tokens, asks
 * for `context.atlas.freshness`, reports what was served to `context.atlas.onServed`, and waits as `retryAfterMs` says.
 */
export function atlasExchange(options: AtlasOptions = {}): Exchange {
  const session = new AtlasSession(options);
  return ({ forward }) =>
    (operations$) => {
      const repeated = makeSubject<Operation>();
      const timers = new Map<number, ReturnType<typeof setTimeout>>();

      const begin = (operation: Operation): Operation => {
        // An operation that is torn down, or executed anew, is not repeated.
        clearTimeout(timers.get(operation.key));
        timers.delete(operation.key);
        if (operation.kind === 'teardown') return operation;
        return attempt({ operation, run: session.run(operation.kind, operation.context.atlas), headers: null });
      };

      /** Whether the result is handed on, because the operation is not sent again. */
      const isFinal = ({ operation: { key, context }, data, error, extensions }: OperationResult): boolean => {
        const sent = sentIn(context);
        if (sent === undefined) return true;
        const errors = error?.graphQLErrors;
        const wait = sent.run.settle({ data, errors, extensions, headers: sent.headers });
        if (wait === null) return true;
        const again = () => {
          timers.delete(key);
          repeated.next(attempt(sent));
        };
        timers.set(key, setTimeout(again, wait));
        return false;
      };

      return pipe(
        merge([pipe(operations$, map(begin)), repeated.source]),
        forward,
        filter(isFinal),
        map((result) => ({ ...result, operation: sentIn(result.operation.context)?.operation ?? result.operation })),
      );
    };
}

function sentIn(context: SentContext): Sent | undefined {
  return context[SENT];
}

/** The operation with the headers of this moment, and a `fetch` that notes those of the response. */
function attempt(sent: Sent): Operation {
  const { operation, run } = sent;
  const { fetchOptions, fetch: given = fetch } = operation.context;
  const own = typeof fetchOptions === 'function' ? fetchOptions() : fetchOptions;
  const headers = new Headers(own?.headers);
  for (const [name, value] of Object.entries(run.headers())) headers.set(name, value);
  sent.headers = null;
  const context: SentContext = {
    ...operation.context,
    [SENT]: sent,
    fetchOptions: { ...own, headers: Object.fromEntries(headers) },
    fetch: async (input, init) => {
      const response = await given(input, init);
      sent.headers = response.headers;
      return response;
    },
  };
  return makeOperation(operation.kind, operation, context);
}
