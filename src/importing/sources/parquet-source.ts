import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { AtlasError } from '../../domain/errors.ts';
import { DECOMPRESSORS } from './parquet/decompressors.ts';
import { PARSERS, UnreadableValueError } from './parquet/leaf-reader.ts';
import { type ParquetColumn, type ParquetPlan, planParquet } from './parquet/parquet-columns.ts';
import type { RawValue, RowSource, SourceRow } from './row-source.ts';
import { showFields } from './show-fields.ts';

type AsyncFile = Awaited<ReturnType<typeof asyncBufferFromFile>>;

/** A Parquet file. Keeps one row group in memory, with its columns as they are stored. */
export class ParquetSource implements RowSource {
  readonly untyped = false;

  constructor(
    readonly name: string,
    readonly path: string,
  ) {}

  async *rows(advance: (fraction: number) => void): AsyncGenerator<SourceRow> {
    const file = await asyncBufferFromFile(this.path);
    const plan = await this.#attempt('its footer', async () =>
      planParquet(this.name, await parquetMetadataAsync(file)),
    );
    const { metadata, columns } = plan;
    const total = Number(metadata.num_rows);
    let start = 0;
    for (const [index, group] of metadata.row_groups.entries()) {
      const end = start + Number(group.num_rows);
      const from = start;
      const values = await this.#attempt(`row group ${index + 1} of ${metadata.row_groups.length}`, () =>
        readGroup(file, plan, from, end),
      );
      for (let row = start; row < end; row++) {
        yield toRow(columns, values, row - start, row + 1);
        if ((row & 1023) === 0) advance(row / total);
      }
      start = end;
    }
    advance(1);
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

/** The decoded values of one row group, by column. */
async function readGroup(
  file: AsyncFile,
  { metadata, columns }: ParquetPlan,
  rowStart: number,
  rowEnd: number,
): Promise<readonly ArrayLike<unknown>[]> {
  const chunks = columns.map((): ArrayLike<unknown>[] => []);
  await parquetRead({
    file,
    metadata,
    rowStart,
    rowEnd,
    compressors: DECOMPRESSORS,
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
