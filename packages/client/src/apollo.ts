import { ApolloLink, Observable } from '@apollo/client';
import { AtlasSession, type ServerAnswer } from './core/operation-run.ts';
import type { AtlasOptions, OperationOptions } from './core/options.ts';

export { ConsistencyTokens } from './core/consistency-tokens.ts';
export { type RequestedFreshness, type ServedFreshness, servedFreshness } from './core/freshness.ts';
export type { AtlasOptions, OperationOptions, RetryOptions } from './core/options.ts';

/** Types `context: { atlas }` of operations: `declare module '@apollo/client' { interface DefaultContext extends AtlasContext {} }`. */
export interface AtlasContext {
  atlas?: OperationOptions;
}

/**
 * A link in front of `HttpLink`: `ApolloLink.from([new AtlasLink(), new HttpLink({ uri })])`. It carries consistency tokens, asks for
 * `context.atlas.freshness`, reports what was served to `context.atlas.onServed`, and waits as `retryAfterMs` says.
 */
export class AtlasLink extends ApolloLink {
  constructor(options: AtlasOptions = {}) {
    const session = new AtlasSession(options);
    super((operation, forward) => {
      const { atlas, headers: ownHeaders } = operation.getContext() as AtlasContext & { headers?: object };
      return new Observable((observer) => {
        const run = session.run(operation.operationType, atlas);
        let timer: ReturnType<typeof setTimeout> | undefined;
        let sent: { unsubscribe(): void } | undefined;
        const send = () => {
          let isRepeated = false;
          /** Whether the answer is not handed on, because the operation is sent again. */
          const repeats = (answer: ServerAnswer): boolean => {
            const { response } = operation.getContext() as { response?: { headers?: ServerAnswer['headers'] } };
            const wait = run.settle({ ...answer, headers: response?.headers });
            if (wait === null) return false;
            isRepeated = true;
            timer = setTimeout(send, wait);
            return true;
          };
          operation.setContext({ headers: { ...ownHeaders, ...run.headers() }, response: undefined });
          sent = forward(operation).subscribe({
            next: (result) => {
              if (!repeats(result as ServerAnswer)) observer.next(result);
            },
            error: (error: unknown) => {
              if (!repeats(bodyOf(error))) observer.error(error);
            },
            complete: () => {
              if (!isRepeated) observer.complete();
            },
          });
        };
        send();
        return () => {
          clearTimeout(timer);
          sent?.unsubscribe();
        };
      });
    });
  }
}

/** `HttpLink` throws answers whose status is not 2xx, with their text. */
function bodyOf(error: unknown): ServerAnswer {
  try {
    return JSON.parse((error as { bodyText: string }).bodyText) ?? {};
  } catch {
    return {};
  }
}
