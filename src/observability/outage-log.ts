import type { Logger } from './logger.ts';

/** Logs when something begins to fail and when it works again, but not the attempts in between. */
export class OutageLog {
  readonly #logger: Logger;
  readonly #what: string;
  #failing = false;

  /** @param what completes "… fails", "… has failed" and "… works again". */
  constructor(logger: Logger, what: string) {
    this.#logger = logger;
    this.#what = what;
  }

  /** It will be retried. */
  failed(error: unknown): void {
    if (!this.#failing) this.#logger.warn({ err: error }, `${this.#what} fails`);
    this.#failing = true;
  }

  /** Retrying does not help; an operator has to act. Logs every call, so call it once per reason. */
  gaveUp(error: Error): void {
    this.#logger.error({ reason: error.message }, `${this.#what} has failed`);
    this.#failing = true;
  }

  /** Another process does it now: whether it works is for that one to say. */
  handedOver(): void {
    this.#failing = false;
  }

  succeeded(): void {
    if (this.#failing) this.#logger.info(`${this.#what} works again`);
    this.#failing = false;
  }
}
