/**
 * Lets the pipelines of a process write at the same time: whoever begins tells the others, and what they would write soon anyway goes along. What is written
 * together costs the sink less.
 */
export class FlushBeat {
  readonly #listeners = new Set<() => void>();

  /** @param onBeat called whenever another one begins to write. @returns what to call when it begins itself, and when it ends. */
  join(onBeat: () => void): { readonly begin: () => void; readonly leave: () => void } {
    this.#listeners.add(onBeat);
    return {
      begin: () => {
        for (const listener of this.#listeners) if (listener !== onBeat) listener();
      },
      leave: () => {
        this.#listeners.delete(onBeat);
      },
    };
  }
}
