import { type CarriedTokens, ConsistencyTokens } from './consistency-tokens.ts';
import { freshnessExtension, freshnessHeaders, type ResponseHeaders, servedFreshness } from './freshness.ts';
import type { AtlasOptions, OperationOptions } from './options.ts';

export interface GraphQLFault {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** A response, as far as it matters here. */
export interface ServerAnswer {
  /** Undefined if the response has none: the request was refused before any of it ran. */
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFault[] | undefined;
  readonly extensions?: unknown;
  /** Null if they are not known. */
  readonly headers?: ResponseHeaders | null | undefined;
}

export type OperationKind = 'query' | 'mutation' | 'subscription';

const ATTEMPTS = 3;
const MAX_WAIT_MS = 5_000;
/** Clients that were refused at the same time come back up to this share of the wait later. */
const JITTER = 0.1;
/** Each time, the tokens become fewer. */
const MAX_GATHERING_ROUNDS = 20;
const NOTHING: CarriedTokens = { header: null, tokens: [], isComplete: true };

/** What all operations of an adapter have in common. */
export class AtlasSession {
  readonly tokens: ConsistencyTokens;
  readonly options: AtlasOptions;

  constructor(options: AtlasOptions) {
    this.options = options;
    this.tokens = options.tokens ?? new ConsistencyTokens();
  }

  run(kind: OperationKind, options: OperationOptions = {}): OperationRun {
    return new OperationRun(this, kind, options);
  }
}

/** One operation, from the first time it is sent until its answer is handed on: `headers`, send, `settle`, and again if that says so. */
export class OperationRun {
  readonly #session: AtlasSession;
  readonly #kind: OperationKind;
  readonly #options: OperationOptions;
  #carried = NOTHING;
  /** Tokens that the server has just refused; forgotten if it answers without them. */
  #refused: { readonly tokens: readonly string[]; readonly message: string } | null = null;
  #attempts = 0;
  #waitedMs = 0;
  #rounds = 0;

  constructor(session: AtlasSession, kind: OperationKind, options: OperationOptions) {
    this.#session = session;
    this.#kind = kind;
    this.#options = options;
  }

  /** The headers to send, with the tokens of this moment. */
  headers(): Record<string, string> {
    this.#carried = this.#refused === null ? this.#session.tokens.carry() : NOTHING;
    const { header } = this.#carried;
    return {
      ...freshnessHeaders({ ...this.#session.options.freshness, ...this.#options.freshness }),
      ...(header !== null && { 'x-consistency-token': header }),
    };
  }

  /**
   * Takes the token of an answer.
   * @returns after how many milliseconds the operation is to be sent again instead; null: the answer is handed on.
   */
  settle(answer: ServerAnswer): number | null {
    const { tokens, options } = this.#session;
    const given = freshnessExtension(answer.extensions).token ?? answer.headers?.get('x-consistency-token');
    const token = typeof given === 'string' && given !== '' ? given : null;
    const errors = faultsOf(answer);
    const refusal = errors.find(refusesToken);
    // Before anything was written: a refused request has no data, and what a query returns can be asked for again.
    const mayRepeat = this.#kind === 'query' || (this.#kind === 'mutation' && answer.data === undefined);
    if (this.#refused === null && refusal !== undefined && this.#carried.header !== null && mayRepeat) {
      this.#refused = { tokens: this.#carried.tokens, message: refusal.message };
      return 0;
    }
    if (this.#refused !== null && refusal === undefined && answer.data !== undefined) {
      tokens.forget(this.#refused.tokens);
      options.onTokensRefused?.(this.#refused.message);
      this.#refused = null;
    }
    if (token !== null) tokens.replace(this.#carried.tokens, token);
    const wait = mayRepeat ? this.#wait(errors, token) : null;
    if (wait === null) this.#report(answer);
    return wait;
  }

  #wait(errors: readonly GraphQLFault[], token: string | null): number | null {
    if (!this.#carried.isComplete && this.#kind === 'query' && token !== null && this.#rounds < MAX_GATHERING_ROUNDS) {
      this.#rounds += 1;
      return 0;
    }
    const asked = errors.map(({ extensions }) => extensions?.retryAfterMs);
    if (asked.length === 0 || !asked.every(isWait)) return null;
    const { attempts = ATTEMPTS, maxWaitMs = MAX_WAIT_MS } = this.#session.options.retry ?? {};
    const longest = Math.max(...asked);
    if (this.#attempts >= attempts || this.#waitedMs + longest > maxWaitMs) return null;
    this.#attempts += 1;
    this.#waitedMs += longest;
    return longest * (1 + Math.random() * JITTER);
  }

  #report({ extensions, headers }: ServerAnswer): void {
    const served = servedFreshness(extensions, headers);
    if (served === null) return;
    this.#options.onServed?.(served);
    this.#session.options.onServed?.(served);
  }
}

/** Whatever the server put there. */
function faultsOf({ errors }: ServerAnswer): GraphQLFault[] {
  return Array.isArray(errors) ? errors.filter((one) => typeof one === 'object' && one !== null) : [];
}

function isWait(ms: unknown): ms is number {
  return typeof ms === 'number' && ms >= 0;
}

/** The tokens are of another installation, or the primary was restored to an earlier time: no wait makes them come true. */
function refusesToken({ extensions }: GraphQLFault): boolean {
  const { code, source, reason } = extensions ?? {};
  return code === 'BAD_FRESHNESS' || (source === 'PRIMARY' && reason === 'TOKEN_NOT_REACHED');
}
