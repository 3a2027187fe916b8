import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetRead, type RowGroup } from 'hyparquet';
import { AtlasError } from '../../domain/errors.ts';
import { decompressorsUpTo } from './parquet/decompressors.ts';
import { PARSERS, UnreadableValueError } from './parquet/leaf-reader.ts';
import { type ParquetColumn, type ParquetPlan, planParquet } from './parquet/parquet-columns.ts';
import type { RawValue, RowSource, SourceRow } from './row-source.ts';
import { showFields } from './show-fields.ts';

type AsyncFile = Awaited<ReturnType<typeof asyncBufferFromFile>>;

/** Maximum size of a row group without compression, in bytes. It is kept in memory. */
const MAX_ROW_GROUP_BYTES = 2 * 1024 ** 3;

/** A Parquet file. Keeps one row group in memory, with its columns as they are stored. */
export class ParquetSource implements RowSource {
  readonly untyped = false;

  constructor(
    readonly name: string,
    readonly path: string,
    readonly maxRowGroupBytes: number = MAX_ROW_GROUP_BYTES,
  ) {}

  async *rows(advance: (fraction: number) => void): AsyncGenerator<SourceRow> {
    const file = await asyncBufferFromFile(this.path);
    const plan = await this.#attempt('its footer', async () => planParquet(this.name, await readFooter(file)));
    const { metadata, columns } = plan;
    const total = Number(metadata.num_rows);
    let start = 0;
    for (const [index, group] of metadata.row_groups.entries()) {
      const end = start + Number(group.num_rows);
      const from = start;
      const part = `row group ${index + 1} of ${metadata.row_groups.length}`;
      this.#checkSize(group, part);
      const values = await this.#attempt(part, async () => {
        checkPositions(group, file.byteLength);
        const read = await readGroup(file, plan, from, end, this.maxRowGroupBytes);
        for (const [at, column] of columns.entries()) checkComplete(column, read[at] ?? [], end - from);
        return read;
      });
      for (let row = start; row < end; row++) {
        yield toRow(columns, values, row - start, row + 1);
        if ((row & 1023) === 0) advance(row / total);
      }
      start = end;
    }
    advance(1);
  }

  #checkSize({ columns }: RowGroup, part: string): void {
    const bytes = columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 0);
    if (!(bytes > this.maxRowGroupBytes)) return;
    throw new AtlasError(
      'BAD_USER_INPUT',
      `${this.name}: ${part} has ${bytes} bytes without compression; the limit is ${this.maxRowGroupBytes}. Write the file with smaller row groups.`,
    );
  }

  async #attempt<T>(part: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      if (cause instanceof AtlasError) throw cause;
      throw new AtlasError(
        'BAD_USER_INPUT',
        `${this.name} is not a valid Parquet file, or is incomplete (${part}: ${(cause as Error).message}).`,
        { cause },
      );
    }
  }
}

/**
 * The footer. Its marks of geometries are read only once its schema is known to be a tree: a negative number of children would send the
 * search for them round in circles.
 */
async function readFooter(file: AsyncFile): Promise<FileMetaData> {
  const { schema } = await parquetMetadataAsync(file, { geoparquet: false });
  const wrong = schema.find(({ num_children: children = 0 }) => !(children >= 0 && children < schema.length));
  if (wrong !== undefined) throw new Error(`column ${wrong.name} has ${wrong.num_children} children`);
  return parquetMetadataAsync(file);
}

/**
 * The decoder begins to read several parts at once. A position outside of the file would make it give up in the middle, and the other
 * parts fail with nobody waiting, which ends the process.
 * @throws Error
 */
function checkPositions({ columns }: RowGroup, fileBytes: number): void {
  for (const [index, { meta_data: column }] of columns.entries()) {
    const data = Number(column?.data_page_offset);
    const start = Math.min(data, Number(column?.dictionary_page_offset || data));
    const end = start + Number(column?.total_compressed_size);
    if (start >= 0 && start <= end && end <= fileBytes) continue;
    throw new Error(`column ${index + 1} is outside of the file, at bytes ${start} to ${end}`);
  }
}

/** The decoded values of one row group, by column. */
async function readGroup(
  file: AsyncFile,
  { metadata, columns }: ParquetPlan,
  rowStart: number,
  rowEnd: number,
  maxBytes: number,
): Promise<readonly ArrayLike<unknown>[]> {
  const chunks = columns.map((): ArrayLike<unknown>[] => []);
  await parquetRead({
    file,
    metadata,
    rowStart,
    rowEnd,
    compressors: decompressorsUpTo(maxBytes),
    parsers: PARSERS,
    utf8: false,
    onChunk: ({ columnName, columnData }) => chunks[Number(columnName)]?.push(columnData),
  });
  return chunks.map(joined);
}

function joined(parts: readonly ArrayLike<unknown>[]): ArrayLike<unknown> {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return parts.flatMap((part) => Array.from(part));
}

/**
 * The decoder fills what a damaged file lacks with nothing, which would be read as null. A null in a column without structure is
 * never undefined.
 * @throws Error if the column has too few or too many values.
 */
function checkComplete({ name, flat }: ParquetColumn, values: ArrayLike<unknown>, rows: number): void {
  if (values.length !== rows) {
    throw new Error(`column ${JSON.stringify(name)} has ${values.length} values; expected ${rows}`);
  }
  if (flat && Array.isArray(values) && values.includes(undefined)) {
    throw new Error(`column ${JSON.stringify(name)} lacks the value of row ${values.indexOf(undefined) + 1}`);
  }
}

/** The row is malformed if one of its values cannot be read. */
function toRow(
  columns: readonly ParquetColumn[],
  values: readonly ArrayLike<unknown>[],
  at: number,
  number: number,
): SourceRow {
  const fields: Record<string, RawValue> = Object.create(null);
  let reason: string | null = null;
  for (const [index, { name, read }] of columns.entries()) {
    try {
      fields[name] = read(values[index]?.[at]);
    } catch (error) {
      if (!(error instanceof UnreadableValueError)) throw error;
      reason ??= `Column ${JSON.stringify(name)} ${error.message}.`;
      fields[name] = error.shown;
    }
  }
  if (reason === null) return { kind: 'data', number, line: null, fields };
  return { kind: 'malformed', number, line: null, reason, content: showFields(fields) };
}
