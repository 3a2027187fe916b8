/** How long running requests may take once a process stops: one period for all its parts, whichever stops first. */
export class ShutdownGrace {
  readonly #controller = new AbortController();
  readonly #ms: number;
  #hasBegun = false;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Aborted when the period is over. */
  get over(): AbortSignal {
    return this.#controller.signal;
  }

  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    setTimeout(() => this.#controller.abort(), this.#ms).unref();
  }
}
