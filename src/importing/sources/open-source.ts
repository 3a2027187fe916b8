import { access, constants, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { AtlasError } from '../../domain/errors.ts';
import { CsvSource } from './csv-source.ts';
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

/**
 * Opens a file as a source of rows. Its extension determines the format.
 * @throws AtlasError BAD_USER_INPUT if the file does not exist, is empty, or has an unknown extension.
 */
export async function openSource(path: string): Promise<RowSource> {
  const Source = SOURCES[extname(path).toLowerCase()];
  if (Source === undefined) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      `${path} has an unknown extension; expected one of ${Object.keys(SOURCES).join(', ')}.`,
    );
  }
  const size = await sizeOf(path);
  if (size === 0) throw new AtlasError('BAD_USER_INPUT', `${path} is empty; expected at least one row.`);
  return new Source(basename(path), path);
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
