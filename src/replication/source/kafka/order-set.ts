/** Places within a transaction, from 1: a bit each, since a transaction may have millions of changes. */
export class OrderSet {
  #bits = new Uint8Array(8);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns false: it has this one already. */
  add(order: number): boolean {
    const at = order >>> 3;
    const bit = 1 << (order & 7);
    if (at >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(at + 1, 2 * this.#bits.length));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    const known = this.#bits[at] ?? 0;
    if ((known & bit) !== 0) return false;
    this.#bits[at] = known | bit;
    this.#size++;
    return true;
  }
}
