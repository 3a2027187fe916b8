import { AtlasError } from '../domain/errors.ts';

/**
 * How many changes to read at once: fewer after a read that was larger than one may be, then more again. Large entities are read one by one in the end.
 */
export class AdaptivePage {
  readonly #most: number;
  #size: number;

  constructor(most: number) {
    this.#most = most;
    this.#size = most;
  }

  /** @throws what `read` throws; LIMIT_EXCEEDED only of a single change. */
  async read<T>(read: (size: number) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const result = await read(this.#size);
        this.#size = Math.min(this.#most, this.#size * 2);
        return result;
      } catch (error) {
        if (!(error instanceof AtlasError && error.code === 'LIMIT_EXCEEDED') || this.#size === 1) throw error;
        this.#size = Math.ceil(this.#size / 2);
      }
    }
  }
}
