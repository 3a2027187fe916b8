import type { Logger } from './logger.ts';

/** Logs when something begins to fail and when it works again: nothing for the attempts in between. */
export class OutageLog {
  readonly #logger: Logger;
  readonly #what: string;
  #failing = false;

  /** @param what completes "… fails" and "… works again". */
  constructor(logger: Logger, what: string) {
    this.#logger = logger;
    this.#what = what;
  }

  failed(error: unknown): void {
    if (!this.#failing) this.#logger.warn({ err: error }, `${this.#what} fails`);
    this.#failing = true;
  }

  succeeded(): void {
    if (this.#failing) this.#logger.info(`${this.#what} works again`);
    this.#failing = false;
  }
}
