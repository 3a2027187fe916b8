/** Lines are encoded once this many characters have accumulated. */
const CHUNK_CHARACTERS = 2 ** 16;

/**
 * Rows of one table in ClickHouse's TabSeparated format. As bytes, because hundreds of thousands of rows as objects or
 * strings keep the garbage collector busier than everything else together.
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

  /** @param line fields with tabs between them, without a line end. */
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

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** One field of a line. */
export function field(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '\\N';
  if (typeof value !== 'string') return String(value);
  return SPECIAL.test(value) ? value.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character) : value;
}

/** A string within a field that is an array or a map. @param text without control characters. */
export function quotedField(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
