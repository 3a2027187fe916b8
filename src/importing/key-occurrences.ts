const INITIAL_SLOTS = 1 << 12;

/**
 * Counts how often each 64-bit hash has occurred. A slot takes 12 bytes and at most half of the slots are used, so an import of
 * ten million rows takes less than 400 MB. Open addressing with linear probing.
 */
export class KeyOccurrences {
  #high = new Uint32Array(INITIAL_SLOTS);
  #low = new Uint32Array(INITIAL_SLOTS);
  #counts = new Uint32Array(INITIAL_SLOTS);
  #used = 0;

  /** Counts one occurrence. @returns the number of earlier occurrences. */
  add(high: number, low: number): number {
    if (this.#used * 2 >= this.#counts.length) this.#grow();
    const slot = this.#slotOf(high, low);
    const before = this.#counts[slot] as number;
    if (before === 0) {
      this.#high[slot] = high;
      this.#low[slot] = low;
      this.#used++;
    }
    this.#counts[slot] = before + 1;
    return before;
  }

  #slotOf(high: number, low: number): number {
    const mask = this.#counts.length - 1;
    let slot = (low ^ high) & mask;
    while (this.#counts[slot] !== 0 && (this.#high[slot] !== high || this.#low[slot] !== low)) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [high, low, counts] = [this.#high, this.#low, this.#counts];
    this.#high = new Uint32Array(high.length * 2);
    this.#low = new Uint32Array(high.length * 2);
    this.#counts = new Uint32Array(high.length * 2);
    for (let slot = 0; slot < counts.length; slot++) {
      if (counts[slot] === 0) continue;
      const moved = this.#slotOf(high[slot] as number, low[slot] as number);
      this.#high[moved] = high[slot] as number;
      this.#low[moved] = low[slot] as number;
      this.#counts[moved] = counts[slot] as number;
    }
  }
}
