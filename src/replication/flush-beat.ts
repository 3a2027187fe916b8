/** A shard without changes for so long does not count. */
const RECENT_MS = 2_000;

/**
 * Lets the pipelines of a process write at the same time: whoever begins tells the others, and what they would write soon anyway goes along. What is written
 * together costs the sink less.
 */
export class FlushBeat {
  /** With when they began to write changes, on the clock of `performance.now()`. */
  readonly #listeners = new Map<() => void, number>();

  /**
   * @param onBeat called whenever another one begins to write.
   * @returns `begin`: to be called when it begins itself; `writers`: how many have changes to write now, itself included; `leave`: to be called when it ends.
   */
  join(onBeat: () => void) {
    this.#listeners.set(onBeat, Number.NEGATIVE_INFINITY);
    return {
      begin: (hasChanges: boolean): void => {
        if (hasChanges && this.#listeners.has(onBeat)) this.#listeners.set(onBeat, performance.now());
        for (const listener of this.#listeners.keys()) if (listener !== onBeat) listener();
      },
      writers: (): number => {
        const since = performance.now() - RECENT_MS;
        let others = 0;
        for (const [listener, beganAt] of this.#listeners) if (listener !== onBeat && beganAt > since) others += 1;
        return others + 1;
      },
      leave: (): void => {
        this.#listeners.delete(onBeat);
      },
    };
  }
}
