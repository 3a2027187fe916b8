import { gzipSync } from 'node:zlib';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, type ColumnSource, ParquetWriter } from 'hyparquet-writer';

const COMPRESSORS = { GZIP: (bytes: Uint8Array) => gzipSync(bytes) };

/** The bytes of a Parquet file, row group by row group. Only one group is in memory. */
export class ParquetStream {
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;

  /** @param codec GZIP: smaller files, read more slowly. Every reader knows both. */
  constructor(schema: SchemaElement[], codec: 'SNAPPY' | 'GZIP') {
    const options = { writer: this.#bytes, schema, codec, compressors: COMPRESSORS, createdBy: 'atlas' };
    this.#writer = new ParquetWriter(options);
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
