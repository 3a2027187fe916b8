import type { SchemaElement } from 'hyparquet';
import { ByteWriter, type ColumnSource, ParquetWriter } from 'hyparquet-writer';

/** The bytes of a Parquet file, row group by row group, compressed with Snappy. Only one group is in memory. */
export class ParquetStream {
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;

  constructor(schema: SchemaElement[]) {
    this.#writer = new ParquetWriter({ writer: this.#bytes, schema, createdBy: 'atlas' });
  }

  /** @param rows of all columns. */
  group(columnData: ColumnSource[], rows: number): Uint8Array {
    // In one group, whatever its size.
    void this.#writer.write({ columnData, rowGroupSize: Math.max(1, rows) });
    return this.#take();
  }

  /** What follows the last group. */
  end(): Uint8Array {
    void this.#writer.finish();
    return this.#take();
  }

  #take(): Uint8Array {
    const taken = this.#bytes.getBytes().slice();
    // Positions count from the beginning of the file, not of the buffer.
    this.#bytes.index = 0;
    return taken;
  }
}
