import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { AtlasError } from '../../domain/errors.ts';
import { rawParquetValue } from './parquet-value.ts';
import type { RawValue, RowSource, SourceRow } from './row-source.ts';
import { uniqueNames } from './unique-names.ts';

type AsyncFile = Awaited<ReturnType<typeof asyncBufferFromFile>>;

interface Column {
  readonly name: string;
  /** Digits after the decimal point, for a DECIMAL column; otherwise null. */
  readonly scale: number | null;
  readonly values: ArrayLike<unknown>;
}

/** A Parquet file. Keeps one row group in memory, with its columns decoded as they are stored. */
export class ParquetSource implements RowSource {
  readonly untyped = false;

  constructor(
    readonly name: string,
    readonly path: string,
  ) {}

  async *rows(advance: (fraction: number) => void): AsyncGenerator<SourceRow> {
    const file = await asyncBufferFromFile(this.path);
    const metadata = await this.#attempt('its footer', () => parquetMetadataAsync(file));
    const total = Number(metadata.num_rows);
    let start = 0;
    for (const [index, group] of metadata.row_groups.entries()) {
      const end = start + Number(group.num_rows);
      const from = start;
      const columns = await this.#attempt(`row group ${index + 1} of ${metadata.row_groups.length}`, () =>
        readColumns(file, metadata, from, end),
      );
      for (let row = start; row < end; row++) {
        yield { kind: 'data', number: row + 1, line: null, fields: fieldsOf(columns, row - start) };
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
      throw new AtlasError(
        'BAD_USER_INPUT',
        `${this.name} is not a valid Parquet file, or is incomplete (${part}: ${(cause as Error).message}).`,
        { cause },
      );
    }
  }
}

async function readColumns(file: AsyncFile, metadata: FileMetaData, rowStart: number, rowEnd: number) {
  const chunks = new Map<string, ArrayLike<unknown>[]>();
  await parquetRead({
    file,
    metadata,
    rowStart,
    rowEnd,
    compressors,
    onChunk: ({ columnName, columnData }) => {
      const known = chunks.get(columnName);
      if (known === undefined) chunks.set(columnName, [columnData]);
      else known.push(columnData);
    },
  });
  const columns = [...chunks];
  const names = uniqueNames(columns.map(([name]) => name));
  return columns.map(([name, parts], index): Column => {
    const element = metadata.schema.find((candidate) => candidate.name === name);
    const decimal = element?.converted_type === 'DECIMAL' ? (element.scale ?? 0) : null;
    return { name: names[index] ?? name, scale: decimal, values: joined(parts) };
  });
}

function joined(parts: readonly ArrayLike<unknown>[]): ArrayLike<unknown> {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return parts.flatMap((part) => Array.from(part));
}

function fieldsOf(columns: readonly Column[], row: number): Record<string, RawValue> {
  const fields: Record<string, RawValue> = {};
  for (const { name, scale, values } of columns) fields[name] = rawParquetValue(values[row], scale);
  return fields;
}
