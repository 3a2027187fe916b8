import type { ConsistencyTokens } from './consistency-tokens.ts';
import type { RequestedFreshness, ServedFreshness } from './freshness.ts';

/** What one operation may set. */
export interface OperationOptions {
  /** Members that are not set are those of the adapter. */
  readonly freshness?: RequestedFreshness | undefined;
  /** Called with what the server answered was served. Not called for answers from a cache, or from a server that is not Atlas. */
  readonly onServed?: ((served: ServedFreshness) => void) | undefined;
}

export interface RetryOptions {
  /** How often one operation is sent again, at most. 0: never. Default: 3. */
  readonly attempts?: number | undefined;
  /** How long one operation waits for retries, altogether, in milliseconds. A longer wait is not begun. Default: 5,000. */
  readonly maxWaitMs?: number | undefined;
}

/** What an adapter may be given. */
export interface AtlasOptions extends OperationOptions {
  /** Pass the same to several adapters of one page; with a storage, tabs share them. Default: new ones, in memory. */
  readonly tokens?: ConsistencyTokens | undefined;
  readonly retry?: RetryOptions | undefined;
  /** Called with the server's message when it accepts the tokens no longer, as after a restore. They are then forgotten. */
  readonly onTokensRefused?: ((message: string) => void) | undefined;
}
