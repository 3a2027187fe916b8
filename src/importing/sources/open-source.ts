import { access, constants, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { AtlasError } from '../../domain/errors.ts';
import { CsvSource } from './csv-source.ts';
import { COMPRESSED_ENDING } from './decompressed.ts';
import { ExportedCsvSource, isExportedCsv } from './exported-csv-source.ts';
import { JsonSource } from './json-source.ts';
import { NdjsonSource } from './ndjson-source.ts';
import { ParquetSource } from './parquet-source.ts';
import type { RowSource } from './row-source.ts';

const SOURCES: Readonly<Record<string, new (name: string, path: string) => RowSource>> = {
  '.csv': CsvSource,
  '.tsv': CsvSource,
  '.json': JsonSource,
  '.geojson': JsonSource,
  '.ndjson': NdjsonSource,
  '.jsonl': NdjsonSource,
  '.parquet': ParquetSource,
};

/** The formats by their names: the extensions without the dot. */
export const FORMATS: readonly string[] = Object.keys(SOURCES).map((extension) => extension.slice(1));

/** The name of a file without its extension, and without that of its compression. */
export function stemOf(path: string): string {
  const name = basename(path).replace(COMPRESSED_ENDING, '');
  return basename(name, extname(name));
}

/**
 * Opens a file as a source of rows.
 * @param name for messages.
 * @param format one of FORMATS; default: as its extension says, in front of that of its compression.
 * @throws AtlasError BAD_USER_INPUT if the file does not exist, is empty (unless it is NDJSON), or has an unknown extension.
 */
export async function openSource(path: string, format?: string, name = basename(path)): Promise<RowSource> {
  const Source = SOURCES[format === undefined ? extensionOf(name) : `.${format}`];
  if (Source === undefined) {
    const expected = `${Object.keys(SOURCES).join(', ')}, or a format (--format ${FORMATS.join(' | ')})`;
    throw new AtlasError('BAD_USER_INPUT', `${name} has an unknown extension; expected one of ${expected}.`);
  }
  const size = await sizeOf(path);
  // Lines may be none: an export of nothing. In the other formats, an empty file is no file of the format.
  if (size === 0 && Source !== NdjsonSource)
    throw new AtlasError('BAD_USER_INPUT', `${name} is empty; expected at least one row.`);
  if (Source === CsvSource && (await isExportedCsv(path))) return new ExportedCsvSource(name, path);
  return new Source(name, path);
}

function extensionOf(name: string): string {
  const extension = extname(name.replace(COMPRESSED_ENDING, '')).toLowerCase();
  if (extension !== '.parquet' || !COMPRESSED_ENDING.test(name)) return extension;
  throw new AtlasError('BAD_USER_INPUT', `${name} is a compressed Parquet file; decompress it first.`);
}

async function sizeOf(path: string): Promise<number> {
  try {
    await access(path, constants.R_OK);
    const status = await stat(path);
    if (status.isFile()) return status.size;
  } catch (cause) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      `${path} cannot be read (${(cause as NodeJS.ErrnoException).code}); expected a readable file.`,
      {
        cause,
      },
    );
  }
  throw new AtlasError('BAD_USER_INPUT', `${path} is not a file; list the files to import individually.`);
}
