import { randomInt } from 'node:crypto';
import type { EntityId } from './identifiers.ts';

/** An id is 42 bits of milliseconds since 1970 (until 2109), then 21 bits that distinguish the ids of one millisecond. */
const SEQUENCE_BITS = 21n;
const SEQUENCES = 2 ** 21;

/**
 * Generates ids that grow with time, positive and below 2^63, without coordination. A generator never repeats an id. Two
 * generators rarely collide, because each starts every millisecond at a random sequence number.
 */
export class EntityIdGenerator {
  readonly #now: () => number;
  #millisecond = 0;
  #sequence = 0;

  /** @param now Milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  next(): EntityId {
    const millisecond = Math.floor(this.#now());
    if (millisecond > this.#millisecond) {
      this.#millisecond = millisecond;
      this.#sequence = randomInt(SEQUENCES / 2);
    } else if (++this.#sequence === SEQUENCES) {
      this.#millisecond += 1;
      this.#sequence = 0;
    }
    return String((BigInt(this.#millisecond) << SEQUENCE_BITS) | BigInt(this.#sequence));
  }
}
