import pg from 'pg';
import type { Statement } from './postgres-database.ts';

export interface QueryResult {
  readonly rows: object[];
  /** The command's tag: `COMMIT` or `ROLLBACK`, for example. */
  readonly command: string;
}

export interface QueryHandlers {
  /** Called once, when the server or the loss of the connection has ended the statement. */
  onEnd(error: Error | null, result: QueryResult): void;
  /** Called once, as soon as the rows exceed `maxBytes`. What arrives from then on is dropped. */
  onTooLarge(): void;
}

/** How a query receives a row, which pg's types do not declare. `length` is that of the message, in bytes. */
interface RowReceiver {
  handleDataRow(message: { readonly length: number }): void;
}

const { handleDataRow } = pg.Query.prototype as unknown as RowReceiver;

/** A statement whose result is counted in bytes as it arrives. */
export class BoundedQuery extends pg.Query implements RowReceiver {
  readonly #maxBytes: number;
  readonly #onTooLarge: () => void;
  #bytes = 0;

  constructor({ name, text, values }: Statement, maxBytes: number, { onEnd, onTooLarge }: QueryHandlers) {
    super({ text, values: [...values], ...(name === undefined ? {} : { name }) }, (error, result) =>
      onEnd(error ?? null, result),
    );
    this.#maxBytes = maxBytes;
    this.#onTooLarge = onTooLarge;
  }

  handleDataRow(message: { readonly length: number }): void {
    const wasWithin = this.#bytes <= this.#maxBytes;
    this.#bytes += message.length;
    if (this.#bytes <= this.#maxBytes) handleDataRow.call(this, message);
    else if (wasWithin) this.#onTooLarge();
  }
}
