import { SourceError } from '../domain/source-error.ts';
import type { Clock } from '../lib/clock.ts';

export interface BreakerOptions {
  /** Failures in a row that open the breaker. */
  readonly failures: number;
  /** How long an open breaker refuses everything before it lets one call try. */
  readonly cooldownMs: number;
  readonly clock: Clock;
}

/**
 * Refuses calls to a server that is known to be down, so that an outage costs a few connection attempts and not one per
 * request. Closed, it lets every call through. Enough calls in a row that find the server down open it. Once it has
 * cooled down, one call at a time tries: if the server responds, the breaker closes, otherwise it cools down again. It
 * also closes as soon as a caller that it follows, such as a probe, has heard from the server.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  #failures = 0;
  /** Null while it is closed. */
  #opened: { readonly at: number } | null = null;
  #isTrying = false;
  #lastHeard: () => number | null = () => null;
  /** Changes whenever the breaker opens or closes: a call that began before says nothing about the server since then. */
  #era = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  /**
   * Lets the breaker count as closed as soon as another caller, such as a probe, has heard from the server after it opened.
   * @param lastHeard when that was, on the breaker's clock; null if the last attempt failed.
   */
  follow(lastHeard: () => number | null): void {
    this.#lastHeard = lastHeard;
  }

  get isOpen(): boolean {
    return this.#opened !== null && (this.#lastHeard() ?? Number.NEGATIVE_INFINITY) <= this.#opened.at;
  }

  /** Whether a call would be refused now. */
  get refuses(): boolean {
    if (this.#opened === null || !this.isOpen) return false;
    const { clock, cooldownMs } = this.#options;
    return this.#isTrying || clock.now() < this.#opened.at + cooldownMs;
  }

  /**
   * Any error that is not a `SourceError` counts as a response, except the reason of the signal, which proves nothing. A connection
   * that could not be opened in time is no failure if another caller has heard from the server meanwhile.
   *
   * @throws the error of `refusal` if the breaker refuses, or whatever `work` throws.
   */
  async run<T>(work: () => Promise<T>, refusal: () => SourceError, signal?: AbortSignal): Promise<T> {
    if (this.refuses) throw refusal();
    if (this.#opened !== null && !this.isOpen) this.#close();
    const isTrial = this.#opened !== null;
    const era = this.#era;
    const startedAt = this.#options.clock.now();
    if (isTrial) this.#isTrying = true;
    try {
      const result = await work();
      this.#close();
      return result;
    } catch (error) {
      if (error instanceof SourceError && !error.responded) {
        const wasUp = error.ifUp !== null && this.#wasHeardSince(startedAt);
        if (error.outcome === 'down' && era === this.#era && !wasUp) this.#countFailure(isTrial);
      } else if (!(signal?.aborted && error === signal.reason)) {
        this.#close();
      }
      throw error;
    } finally {
      if (isTrial && era === this.#era) this.#isTrying = false;
    }
  }

  #wasHeardSince(moment: number): boolean {
    const heardAt = this.#lastHeard();
    return heardAt !== null && heardAt >= moment;
  }

  #close(): void {
    this.#failures = 0;
    if (this.#opened === null) return;
    this.#opened = null;
    this.#isTrying = false;
    this.#era += 1;
  }

  #countFailure(isTrial: boolean): void {
    this.#failures += 1;
    const { failures, clock } = this.#options;
    if (!isTrial && (this.#opened !== null || this.#failures < failures)) return;
    this.#opened = { at: clock.now() };
    this.#isTrying = false;
    this.#era += 1;
  }
}
