import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { AtlasError } from '../domain/errors.ts';
import { EXPORT_FORMATS, type ExportFormatName } from './formats/export-format.ts';

/** Where an export goes, and in which form. */
export interface ExportTarget {
  /** Null: the standard output. */
  readonly file: string | null;
  readonly format: ExportFormatName;
  readonly isCompressed: boolean;
}

const NAMES = Object.keys(EXPORT_FORMATS).join(', ');
const COMPRESSED = '.gz';

/**
 * The format is the given one, otherwise that of the file's ending, otherwise NDJSON. A file that ends with `.gz` is compressed.
 * @throws AtlasError BAD_USER_INPUT if there is no such format, or the file's ending names none.
 */
export function exportTarget(file: string | null, format: string | undefined): ExportTarget {
  const isCompressed = file?.endsWith(COMPRESSED) === true;
  const ending = file === null ? '.ndjson' : extname(isCompressed ? file.slice(0, -COMPRESSED.length) : file);
  const name = format ?? ending.slice(1);
  if (!isFormat(name)) {
    const found = format === undefined ? `${file} does not end with a format` : `There is no format "${format}"`;
    throw new AtlasError('BAD_USER_INPUT', `${found}; expected one of ${NAMES}, with or without .gz behind it.`);
  }
  if (isCompressed && name === 'parquet') {
    throw new AtlasError('BAD_USER_INPUT', 'Parquet is compressed within; name a file that ends with .parquet.');
  }
  return { file, format: name, isCompressed };
}

function isFormat(name: string): name is ExportFormatName {
  return Object.hasOwn(EXPORT_FORMATS, name);
}

/**
 * Writes the content as fast as it is taken. A file appears under its name when all of it is on disk, in place of one that was there.
 * @throws what the content throws, an error of the file system, or the signal's reason.
 */
export async function writeTo(
  { file, isCompressed }: ExportTarget,
  content: AsyncIterable<string | Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  if (file === null) {
    await pipeline(content, process.stdout, { signal, end: false });
    return;
  }
  const partial = `${file}.${process.pid}.partial`;
  try {
    const out = createWriteStream(partial, { mode: 0o600, flags: 'wx' });
    if (isCompressed) await pipeline(content, createGzip({ level: 6 }), out, { signal });
    else await pipeline(content, out, { signal });
    const handle = await open(partial, 'r+');
    await handle.sync().finally(() => handle.close());
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}
