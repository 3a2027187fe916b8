/** Whether something is broken on purpose, or has not recovered from it yet. */
export class Calm {
  #since: number | null = null;

  /** @param now on the harness's clock. */
  begins(now: number): void {
    this.#since = now;
  }

  ends(): void {
    this.#since = null;
  }

  /** Whether nothing has been broken since then. */
  since(moment: number): boolean {
    return this.#since !== null && this.#since <= moment;
  }
}
