/** Many may pass at once, or one may hold it closed. */
export class Gate {
  #inside = 0;
  #closed: Promise<void> | null = null;
  #emptied: (() => void) | null = null;

  async pass<T>(work: () => Promise<T>): Promise<T> {
    while (this.#closed !== null) await this.#closed;
    this.#inside++;
    try {
      return await work();
    } finally {
      this.#inside--;
      if (this.#inside === 0) this.#emptied?.();
    }
  }

  /** Waits until nobody is inside, and keeps others out while `work` runs. */
  async close<T>(work: () => Promise<T>): Promise<T> {
    while (this.#closed !== null) await this.#closed;
    let open = (): void => {};
    this.#closed = new Promise((resolve) => {
      open = resolve;
    });
    try {
      if (this.#inside > 0) {
        await new Promise<void>((resolve) => {
          this.#emptied = resolve;
        });
      }
      return await work();
    } finally {
      this.#emptied = null;
      this.#closed = null;
      open();
    }
  }
}
