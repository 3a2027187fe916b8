import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import type { ExportedRow } from '../exported-row.ts';
import { csvFormat } from './csv-format.ts';
import { ndjsonFormat } from './ndjson-format.ts';
import { parquetFormat } from './parquet-format.ts';

/** How rows are written. */
export interface ExportFormat {
  /** Whether all attributes must be known before the first row. */
  readonly hasColumns: boolean;
  /**
   * The content of a file, in parts of bounded size.
   * @param columns all attributes of the rows, in the order of their keys; empty unless the format has columns.
   */
  encode(
    columns: readonly AttributeDefinition[],
    batches: AsyncIterable<readonly ExportedRow[]>,
  ): AsyncGenerator<string | Uint8Array>;
}

export const EXPORT_FORMATS = {
  ndjson: ndjsonFormat,
  csv: csvFormat,
  parquet: parquetFormat,
} as const satisfies Record<string, ExportFormat>;

export type ExportFormatName = keyof typeof EXPORT_FORMATS;
