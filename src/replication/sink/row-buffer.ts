/** Lines are encoded when this many characters have come together. */
const CHUNK_CHARACTERS = 2 ** 16;

/**
 * Rows of one table in TabSeparated form. As bytes, because hundreds of thousands of rows as objects or strings keep the
 * garbage collector busier than everything else together.
 */
export class RowBuffer {
  readonly #chunks: Buffer[] = [];
  #open = '';
  #rows = 0;
  #bytes = 0;

  get rows(): number {
    return this.#rows;
  }

  /** About as many as the rows take. */
  get bytes(): number {
    return this.#bytes + this.#open.length;
  }

  /** @param line without its end. */
  append(line: string): void {
    this.#open += `${line}\n`;
    this.#rows++;
    if (this.#open.length >= CHUNK_CHARACTERS) this.#encode();
  }

  /** Each holds whole lines. */
  chunks(): readonly Buffer[] {
    if (this.#open !== '') this.#encode();
    return this.#chunks;
  }

  #encode(): void {
    const chunk = Buffer.from(this.#open);
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#open = '';
  }
}
