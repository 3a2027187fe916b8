/**
 * When a request sends what it loads. A list is completed in slices between which the event loop turns (`boundLists`): what its items load waits for the last
 * of them, so that it is one batch however long the list is, and however slow the processor. One for each request.
 */
export class LoadSchedule {
  #lists = 0;
  readonly #waiting: (() => void)[] = [];

  /** A list begins whose items wait for nothing that is loaded. */
  beginList(): void {
    this.#lists++;
  }

  /** The last of its items is being completed. */
  endList(): void {
    this.#lists--;
    if (this.#lists > 0) return;
    for (const send of this.#waiting.splice(0)) afterPromises(send);
  }

  /** As DataLoader's `batchScheduleFn`. */
  readonly whenComplete = (send: () => void): void => {
    if (this.#lists > 0) this.#waiting.push(send);
    else afterPromises(send);
  };
}

/** DataLoader's own way: once nothing but loads can go on. */
function afterPromises(send: () => void): void {
  void Promise.resolve().then(() => process.nextTick(send));
}
